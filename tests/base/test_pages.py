"""The workshop of bases, in the browser's place."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fleet.blast.models import BlastRadius
from registry.actions import begin_base, open_base
from registry.models import Base, BaseDraft, BaseVersion, Prompt, User
from tests.base.test_form import posted
from tests.builders import Fleet, make_user

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form(base: Base, **changes: str) -> dict[str, str]:
    """The form as it opens, with what was typed into it."""
    opened = open_base(base)
    return {**posted(opened.content), "edition": str(opened.edition), **changes}


@pytest.fixture
def base(fleet: Fleet) -> Base:
    return Base.objects.get()


def test_an_engineer_saves_and_finds_the_draft_again(fleet: Fleet, base: Base) -> None:
    client, url = signed_in(fleet.engineer), reverse("base-edit", args=[base.pk])
    answer = client.post(url, form(base, text="Other.\r\n{{> tone}}"))
    assert answer.status_code == 302
    assert BaseDraft.objects.get().text == "Other.\n{{> tone}}"
    assert "Other.\n{{&gt; tone}}" in client.get(url).content.decode()


@pytest.mark.parametrize("name", ["base-edit", "base-check", "base-try", "base-publish"])
def test_others_may_not_write(fleet: Fleet, base: Base, name: str) -> None:
    for user in (fleet.manager, fleet.policy_owner, fleet.viewer):
        assert signed_in(user).post(reverse(name, args=[base.pk])).status_code == 403


def test_the_second_save_shows_both_and_keeps_mine(fleet: Fleet, base: Base) -> None:
    url = reverse("base-edit", args=[base.pk])
    mine = form(base, text="My own words.")
    signed_in(make_user("prompt_engineer", "other")).post(url, form(base, text="Their own words."))
    client = signed_in(fleet.engineer)
    answer = client.post(url, mine)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "other changed this base" in text
    assert "My own words." in text
    assert BaseDraft.objects.get().text == "Their own words."
    over = str(open_base(base).edition)
    assert client.post(url, {**mine, "over": over}).status_code == 302
    assert BaseDraft.objects.get().text == "My own words."


def test_a_number_that_is_none_keeps_everything_typed(fleet: Fleet, base: Base) -> None:
    url = reverse("base-edit", args=[base.pk])
    answer = signed_in(fleet.engineer).post(url, form(base, **{"slot-0-max_chars": "many"}))
    assert answer.status_code == 422
    assert "“many”" in answer.content.decode()
    assert not BaseDraft.objects.exists()


def test_the_live_check_names_flaws_and_proposes_a_version(fleet: Fleet, base: Base) -> None:
    url = reverse("base-check", args=[base.pk])
    typed = form(base, text="{{> nowhere}} {{who}}")
    text = signed_in(fleet.engineer).post(url, typed).content.decode()
    assert 'value="declare:nowhere"' in text
    assert 'value="variable:who"' in text
    assert "1.0.0 → 1.0.1" in text
    assert not BaseDraft.objects.exists()


def test_a_version_typed_by_hand_is_not_proposed_over(fleet: Fleet, base: Base) -> None:
    url = reverse("base-check", args=[base.pk])
    client = signed_in(fleet.engineer)
    typed = form(base, text="Other.", semver="5.0.0", proposed="1.0.0")
    assert 'value="5.0.0"' in client.post(url, typed).content.decode()
    untouched = form(base, text="Other.", semver="1.0.0", proposed="1.0.0")
    assert (
        'name="semver" form="base-form" value="1.0.1"'
        in client.post(url, untouched).content.decode()
    )


def test_a_row_is_added_without_saving(fleet: Fleet, base: Base) -> None:
    url = reverse("base-shape", args=[base.pk])
    client = signed_in(fleet.engineer)
    fragment = client.post(url, form(base, act="slot-add"), headers={"HX-Request": "true"})
    assert 'name="slot-2-name"' in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    whole = client.post(url, form(base, act="slot-add"))
    assert "<html" in whole.content.decode()
    assert not BaseDraft.objects.exists()


def test_trying_saves_and_leads_to_the_dry_run(fleet: Fleet, base: Base) -> None:
    url = reverse("base-try", args=[base.pk])
    client = signed_in(fleet.engineer)
    answer = client.post(url, form(base, text="Other.\n{{> tone}}{{> citations}}"))
    radius = BlastRadius.objects.get()
    assert answer["Location"] == radius.get_absolute_url()
    assert BaseDraft.objects.get().text.startswith("Other.")
    broken = client.post(url, form(base, text="{{> nowhere}}"))
    assert broken.status_code == 422
    assert "nowhere" in broken.content.decode()


def test_publishing_untried_needs_the_tick(fleet: Fleet, base: Base) -> None:
    url = reverse("base-publish", args=[base.pk])
    client = signed_in(fleet.engineer)
    typed = form(base, text="Other.\n{{> tone}}{{> citations}}", semver="1.0.1", why="Shorter")
    refused = client.post(url, typed)
    assert refused.status_code == 422
    assert "has not been tried" in refused.content.decode()
    assert "data-dialog-now" in refused.content.decode()
    assert client.post(url, {**typed, "untried": "1"}).status_code == 302
    assert BaseVersion.objects.order_by("-number")[0].semver == "1.0.1"


def test_discarding_asks_for_the_draft_that_was_seen(fleet: Fleet, base: Base) -> None:
    client = signed_in(fleet.engineer)
    client.post(reverse("base-edit", args=[base.pk]), form(base, text="Other."))
    url = reverse("base-discard", args=[base.pk])
    assert client.post(url, {"edition": "0"}).status_code == 409
    assert client.post(url, {"edition": str(open_base(base).edition)}).status_code == 302
    assert not BaseDraft.objects.exists()


def test_a_version_shows_its_text_slots_and_what_it_changed(fleet: Fleet, base: Base) -> None:
    client = signed_in(fleet.engineer)
    typed = form(base, text="Other.\n{{> tone}}{{> citations}}", semver="1.0.1", why="Shorter")
    client.post(reverse("base-publish", args=[base.pk]), {**typed, "untried": "1"})
    version = BaseVersion.objects.get(semver="1.0.1")
    text = signed_in(fleet.viewer).get(reverse("base-version", args=[version.pk])).content.decode()
    assert "{{&gt; tone}}" in text
    assert "What it changed against 1.0.0" in text
    assert "4 behind this" in text


def test_a_new_prompt_leads_to_its_base(fleet: Fleet) -> None:
    client = signed_in(fleet.engineer)
    given = {"name": "Refunds", "slug": "refunds", "kind": "task", "description": ""}
    answer = client.post(reverse("prompt-new"), given)
    base = Base.objects.get(prompt=Prompt.objects.get(slug="refunds"))
    assert answer["Location"] == reverse("base-edit", args=[base.pk])
    assert client.get(answer["Location"]).status_code == 200
    again = client.post(reverse("prompt-new"), {**given, "slug": "Not a slug"})
    assert again.status_code == 422
    assert signed_in(fleet.viewer).get(reverse("prompt-new")).status_code == 403


def test_the_list_asks_the_same_however_many_lines_there_are(fleet: Fleet) -> None:
    few = _queries(fleet)
    for n in range(20):
        begin_base(Prompt.objects.create(slug=f"p{n}", name=f"P {n}"), by=fleet.engineer)
    assert _queries(fleet) == few


def _queries(fleet: Fleet) -> int:
    client: Any = signed_in(fleet.engineer)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(reverse("base-list")).status_code == 200
    return len(asked)
