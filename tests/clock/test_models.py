"""What is known of models: by hand, from a list, on the pages."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fleet.campaign.actions import open_campaign
from fleet.campaign.actions.planning import plan_campaign
from fleet.clock.actions import UnusableTarget, add_target, change_target, import_models
from fleet.clock.comparing import compare
from fleet.clock.history import changes_of
from fleet.clock.reading import read
from fleet.overview.revenue import load_revenue
from fleet.overview.targets import TargetLine, target_lines
from fleet.planning.goal import Goal
from registry.models import Event, ModelTarget, User
from registry.roles import NotAllowed
from tests.builders import Fleet

pytestmark = pytest.mark.django_db
DAY = dt.date(2027, 3, 1)
NOTHING: dict[str, Any] = {
    "retires_on": None, "source": "", "context_window": None, "input_price": None,
    "output_price": None,
}  # fmt: skip


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def change(target: ModelTarget, by: User, **said: Any) -> ModelTarget:
    return change_target(target, by=by, **{**NOTHING, **said})


def listed(rows: str, **more: str) -> Any:
    return read(f"provider,model,retires on,source,input price\n{rows}".encode(), "x.csv", **more)


# --- by hand -----------------------------------------------------------------------------


def test_date_needs_a_source(fleet: Fleet) -> None:
    with pytest.raises(UnusableTarget, match="where the date was read"):
        change(fleet.old, fleet.engineer, retires_on=DAY, source=" ")
    with pytest.raises(UnusableTarget, match="NUL"):
        change(fleet.old, fleet.engineer, retires_on=DAY, source="a\0b")
    assert ModelTarget.objects.get(pk=fleet.old.pk).retires_on is None


def test_saving_the_same_date_again_notes_that_it_was_looked_up(fleet: Fleet) -> None:
    change(fleet.old, fleet.engineer, retires_on=DAY, source="page")
    ModelTarget.objects.filter(pk=fleet.old.pk).update(retires_checked_on=dt.date(2026, 1, 1))
    change(fleet.old, fleet.operator, retires_on=DAY, source="page")
    assert ModelTarget.objects.get(pk=fleet.old.pk).retires_checked_on == timezone.localdate()
    assert Event.objects.filter(verb="modeltarget.retirement_announced").count() == 1


def test_date_may_become_unknown_again(fleet: Fleet) -> None:
    change(fleet.old, fleet.engineer, retires_on=DAY, source="page")
    change(fleet.old, fleet.engineer)
    target = ModelTarget.objects.get(pk=fleet.old.pk)
    assert (target.retires_on, target.days_left()) == (None, None)
    assert Event.objects.filter(verb="modeltarget.retirement_unknown").exists()


def test_history_tells_each_change_field_by_field(fleet: Fleet) -> None:
    change(fleet.old, fleet.engineer, input_price=Decimal("2.50"))
    change(fleet.old, fleet.engineer, input_price=Decimal("2.50"), retires_on=DAY, source="page")
    newest, older, *_ = changes_of(fleet.old)
    assert ("retires on", "", "1 Mar 2027") in newest.fields
    assert older.fields == [("input price", "", "2.5")]


@pytest.mark.parametrize(
    "said", [{"snapshot": "gpt-4o"}, {"snapshot": "sim-aurora-2025-02-11"}, {"input_price": -1},
             {"provider": "x" * 50}, {"snapshot": "a\0b-2025-02-11"}],
)  # fmt: skip
def test_model_that_cannot_be_is_refused(fleet: Fleet, said: dict[str, Any]) -> None:
    facts = {"provider": "simulator", "snapshot": "sim-new-2026-01-01", **said}
    with pytest.raises(UnusableTarget):
        add_target(**facts, by=fleet.engineer)


def test_only_who_manages_models_may(fleet: Fleet) -> None:
    for person in (fleet.manager, fleet.viewer, fleet.policy_owner):
        with pytest.raises(NotAllowed):
            change(fleet.old, person)
        with pytest.raises(NotAllowed):
            import_models(listed(""), source="", add_new=True, by=person)
        assert signed_in(person).post(reverse("model-new"), {}).status_code == 403
        assert signed_in(person).get(reverse("model-import")).status_code == 403
    change(fleet.old, fleet.operator, input_price=Decimal(1))


# --- from a list -------------------------------------------------------------------------


def test_list_is_sorted_into_new_changed_unchanged_and_refused(fleet: Fleet) -> None:
    change(fleet.old, fleet.engineer, retires_on=DAY, source="page")
    found = compare(
        listed(
            "simulator,sim-aurora-2025-02-11,2027-03-01,another page,\n"
            "simulator,sim-borealis-2026-06-30,2028-01-01,page,\n"
            "openai,gpt-4-0613,,,30\nopenai,gpt-4o-2024-05-13,2027-01-01,,\nopenai,gpt-4o,,,\n"
        )
    )
    assert [one.entry.snapshot for one in found.unchanged] == ["sim-aurora-2025-02-11"]
    assert [one.told for one in found.changed] == [
        [("retires on", "", "1 Jan 2028"), ("source", "", "page")]
    ]
    assert [one.entry.snapshot for one in found.new] == ["gpt-4-0613"]
    assert [left.name for left in found.left] == ["gpt-4o", "gpt-4o-2024-05-13"]


def test_list_takes_nothing_away_that_it_does_not_say(fleet: Fleet) -> None:
    change(fleet.old, fleet.engineer, retires_on=DAY, source="page", context_window=9)
    rows = listed("simulator,sim-aurora-2025-02-11,,,7\n")
    assert import_models(rows, source="", add_new=False, by=fleet.engineer) == (0, 1, 0)
    target = ModelTarget.objects.get(pk=fleet.old.pk)
    assert (target.retires_on, target.retires_source, target.context_window) == (DAY, "page", 9)
    assert target.input_price == 7


def test_new_models_come_only_where_they_are_wanted(fleet: Fleet) -> None:
    rows = listed("openai,gpt-4-0613,2027-01-01,,30\n")
    assert import_models(rows, source="their page", add_new=False, by=fleet.engineer)[0] == 0
    assert import_models(rows, source="their page", add_new=True, by=fleet.engineer)[0] == 1
    made = ModelTarget.objects.get(snapshot="gpt-4-0613")
    assert (made.retires_source, made.input_price) == ("their page", 30)
    assert made.retires_checked_on == timezone.localdate()
    assert import_models(rows, source="their page", add_new=True, by=fleet.engineer) == (0, 0, 1)


def hand_in(client: Client, data: bytes, name: str = "list.csv", **more: str) -> Any:
    file = SimpleUploadedFile(name, data)
    return client.post(reverse("model-import"), {"file": file, **more})


def test_preview_changes_nothing_and_its_button_takes_it_over(fleet: Fleet) -> None:
    client = signed_in(fleet.engineer)
    data = b"provider,model,retires on\nsimulator,sim-aurora-2025-02-11,2027-03-01\n"
    shown = hand_in(client, data, source="their page")
    assert "1 Mar 2027" in shown.content.decode()
    assert not ModelTarget.objects.filter(retires_on__isnull=False).exists()
    taken = client.post(reverse("model-import-apply"), {"packed": shown.context["packed"]})
    assert taken.status_code == 302
    assert ModelTarget.objects.get(pk=fleet.old.pk).retires_source == "their page"


@pytest.mark.parametrize("packed", ["", "nonsense", "a:b:c", "\ud800", "x" * 5000])
def test_forged_preview_is_refused(fleet: Fleet, packed: str) -> None:
    answer = signed_in(fleet.engineer).post(
        reverse("model-import-apply"), {"packed": packed.encode(errors="replace").decode()}
    )
    assert answer.status_code == 422
    assert "Hand the file in again" in answer.content.decode()


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"\xff\xfe", "not UTF-8"), (b"[" * 9999, "no JSON"), (b"x" * 10_000_001, "are the most"),
     (b"", "empty"), (b"hello", "none of the lists")],
)  # fmt: skip
def test_bad_file_is_refused_on_the_page(fleet: Fleet, data: bytes, said: str) -> None:
    answer = hand_in(signed_in(fleet.engineer), data)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_page_without_file_says_so(fleet: Fleet) -> None:
    answer = signed_in(fleet.engineer).post(reverse("model-import"), {})
    assert answer.status_code == 422


def test_what_a_list_says_is_shown_as_text(fleet: Fleet) -> None:
    listed = [{"model": "<b>x</b>-2024-08-06", "provider": "<script>"}]
    page = hand_in(signed_in(fleet.engineer), json.dumps(listed).encode(), "x.json")
    assert "<b>x</b>" not in page.content.decode()


def test_command_says_what_it_does_and_does_nothing_when_tried(
    fleet: Fleet, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("provider,model,retires on\nsimulator,sim-aurora-2025-02-11,2027-03-01\n")
    said = StringIO()
    call_command("import_models", path, "--source", "page", "--dry-run", stdout=said)
    assert "changed  sim-aurora-2025-02-11: retires on 1 Mar 2027" in said.getvalue()
    assert not ModelTarget.objects.filter(retires_on__isnull=False).exists()
    call_command("import_models", path, "--source", "page", stdout=said)
    assert ModelTarget.objects.get(pk=fleet.old.pk).retires_on == DAY
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_models", tmp_path / "gone.csv")


# --- the pages ---------------------------------------------------------------------------


def test_edit_page_keeps_what_was_typed_through_an_error(fleet: Fleet) -> None:
    typed = {"retires_on": "2027-03-01", "source": "", "input_price": "2.5"}
    answer = signed_in(fleet.engineer).post(reverse("model-edit", args=[fleet.old.pk]), typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "2027-03-01" in page and "where the date was read" in page


def test_viewer_sees_the_facts_and_cannot_change_them(fleet: Fleet) -> None:
    client, url = signed_in(fleet.viewer), reverse("model-edit", args=[fleet.old.pk])
    assert "When it retires is unknown" in client.get(url).content.decode()
    assert client.post(url, {}).status_code == 403


def test_added_model_is_on_the_list_with_its_end_unknown(fleet: Fleet) -> None:
    client = signed_in(fleet.operator)
    typed = {"provider": "OpenAI", "snapshot": "gpt-4-0613"}
    assert client.post(reverse("model-new"), typed).status_code == 302
    page = client.get(reverse("model-list")).content.decode()
    assert "gpt-4-0613" in page and "unknown" in page


def line_of(user: User, target: ModelTarget) -> TargetLine:
    return next(one for one in target_lines(user, load_revenue()) if one.target == target)


def test_line_counts_tracks_left_and_who_is_in_no_migration(fleet: Fleet) -> None:
    assert line_of(fleet.engineer, fleet.old).uncovered == 3
    goal = Goal.model(fleet.old, fleet.new)
    plan_campaign(goal, variants=[fleet.variants[0].pk], by=fleet.engineer)
    line = line_of(fleet.engineer, fleet.old)
    assert (line.tracks_left, line.uncovered, line.campaign) == (1, 2, None)
    assert [one.is_plan for one in line.campaigns] == [True]


def test_line_counts_a_managers_own_tracks_only(fleet: Fleet) -> None:
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=fleet.engineer)
    line = line_of(fleet.manager, fleet.old)
    assert (line.tracks_left, line.uncovered, line.campaign) == (2, 0, campaign)


def test_list_asks_as_much_for_one_migration_as_for_three(fleet: Fleet) -> None:
    client, goal = signed_in(fleet.engineer), Goal.model(fleet.old, fleet.new)
    plan_campaign(goal, variants=[fleet.variants[0].pk], by=fleet.engineer)
    client.get(reverse("model-list"))
    few = asked(client, reverse("model-list"))
    for variant in fleet.variants[1:]:
        plan_campaign(goal, variants=[variant.pk], by=fleet.engineer)
    assert asked(client, reverse("model-list")) == few


def asked(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)
