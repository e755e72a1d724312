"""The un-fork wizard: forks handed in, looked at, adjusted, and taken over by decision."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from fleet.adoption import deciding, finishing, job
from fleet.adoption.comparing import COMPARE_KIND
from fleet.adoption.finishing import ADOPT_KIND, begin_adoption
from fleet.adoption.forks import Forks
from fleet.adoption.models import BaseChoice, ForkChoice, ForkFile, Unforking, UnforkStage
from fleet.adoption.opening import CannotUnfork, HandedIn, open_unforking
from fleet.release.models import Release, Served
from registry.models import Event, Policy, Prompt, Revision, Tenant, WorkItem
from registry.roles import NotAllowed
from registry.transitions import IllegalMove
from registry.unfork.reshape import CannotReshape
from tests.builders import Fleet

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"

SHARED = """\
You help the customers of {{company}}.

# Tone
Be kind and brief.

# Escalation
Hand over to a person when asked.

# Limits
Never promise refunds.
"""

FORKS = {
    "acme": SHARED.replace("Be kind and brief.", "Be formal."),
    "bolt": SHARED.replace("Never promise refunds.", "Promise nothing.").replace("\n", "\r\n"),
    "tenant-0": SHARED.replace("Be kind and brief.", "Be warm.  ") + "\n\n",
    "cara": SHARED,
    "dora": SHARED.rstrip("\n"),
    "alien": "Translate into Latin.\nNothing else.\n",
}


def handed_in(
    fleet: Fleet, forks: dict[str, str] | None = None, *, slug: str = "triage",
    base: str | None = None, choice: BaseChoice = BaseChoice.PROPOSED,
) -> Unforking:  # fmt: skip
    texts = FORKS if forks is None else forks
    given = HandedIn(slug, fleet.old, Forks(base, dict(texts)), {}, choice)
    return open_unforking(given, by=fleet.engineer)


def fork(unforking: Unforking, name: str) -> ForkFile:
    return unforking.files.select_related("unforking").get(name=name)


def signed_in(fleet: Fleet, role: str = "prompt_engineer") -> Client:
    client = Client()
    client.force_login(fleet.people[role])
    return client


def accept_all(unforking: Unforking, fleet: Fleet) -> None:
    pks = unforking.files.values_list("pk", flat=True)
    deciding.decide(unforking, pks, ForkChoice.ACCEPT, by=fleet.engineer)


def test_forks_handed_in_are_compared_with_a_proposed_base(fleet: Fleet) -> None:
    unforking = handed_in(fleet)
    assert unforking.stage == UnforkStage.OPEN
    assert "Proposed from the lines" in unforking.base_origin
    exact = dict(unforking.files.values_list("name", "is_exact"))
    assert exact == {
        "acme": True, "bolt": False, "tenant-0": True, "cara": True, "dora": True, "alien": False,
    }  # fmt: skip
    assert fork(unforking, "alien").detail.startswith("nothing in common")
    assert fork(unforking, "bolt").detail.startswith("the same words as the base")
    assert fork(unforking, "tenant-0").tenant == Tenant.objects.get(slug="tenant-0")
    assert fork(unforking, "acme").tenant is None
    assert Prompt.objects.filter(slug="triage").count() == 0
    assert not Served.objects.filter(prompt_slug="triage").exists()


def test_accepted_forks_serve_their_exact_text_and_the_others_nothing(fleet: Fleet) -> None:
    unforking = handed_in(fleet)
    accept_all(unforking, fleet)
    begin_adoption(unforking, by=fleet.engineer, why="They served before.")
    unforking.refresh_from_db()
    assert unforking.stage == UnforkStage.DONE
    served = {
        row.tenant_slug: json.loads(row.body)["text"]
        for row in Served.objects.filter(prompt_slug="triage")
    }
    assert served == {name: FORKS[name] for name in ("acme", "tenant-0", "cara", "dora")}
    assert fork(unforking, "acme").outcome == "adopted: exact"
    assert fork(unforking, "alien").outcome == ""
    verbs = set(Event.objects.filter(subject_id=str(unforking.pk)).values_list("verb", flat=True))
    assert {"unforking.opened", "unforking.decided", "unforking.taken_over"} <= verbs


def test_handing_the_same_in_again_changes_nothing(fleet: Fleet) -> None:
    for _ in range(2):
        unforking = handed_in(fleet)
        accept_all(unforking, fleet)
        begin_adoption(unforking, by=fleet.engineer, why="They served before.")
    before = (Revision.objects.count(), Release.objects.count(), Tenant.objects.count())
    unforking = handed_in(fleet, choice=BaseChoice.OWN)
    accept_all(unforking, fleet)
    begin_adoption(unforking, by=fleet.engineer, why="Again.")
    assert (Revision.objects.count(), Release.objects.count(), Tenant.objects.count()) == before
    outcomes = set(unforking.files.exclude(outcome="").values_list("outcome", flat=True))
    assert outcomes == {"unchanged: serves exactly this already"}


def test_fork_that_differs_cannot_be_accepted(fleet: Fleet) -> None:
    unforking = handed_in(fleet)
    accept_all(unforking, fleet)
    accepted = unforking.files.filter(choice=ForkChoice.ACCEPT).values_list("name", flat=True)
    assert sorted(accepted) == ["acme", "cara", "dora", "tenant-0"]


def test_another_text_that_is_live_is_never_replaced(fleet: Fleet) -> None:
    first = handed_in(fleet)
    accept_all(first, fleet)
    begin_adoption(first, by=fleet.engineer, why="They served before.")
    unforking = handed_in(fleet, {"acme": "A.\nB.\n", "other": "A.\nC.\n"})
    accept_all(unforking, fleet)
    begin_adoption(unforking, by=fleet.engineer, why="They served before.")
    assert fork(unforking, "acme").outcome == "left: another text is live (revision 1)"


def test_renamed_slot_keeps_every_fork_exact(fleet: Fleet) -> None:
    unforking = handed_in(fleet)
    deciding.rename_slot(unforking, "tone", "voice", "Voice", by=fleet.engineer)
    unforking.refresh_from_db()
    assert "{{> voice}}" in unforking.base_text
    assert "{{> tone}}" not in unforking.base_text
    assert fork(unforking, "acme").values["voice"]
    accept_all(unforking, fleet)
    begin_adoption(unforking, by=fleet.engineer, why="They served before.")
    assert fork(unforking, "acme").outcome == "adopted: exact"


@pytest.mark.parametrize("name", ["Tone", "1x", "", "a b", "x" * 41, "limits"])
def test_slot_cannot_take_a_name_that_will_not_do(fleet: Fleet, name: str) -> None:
    formal = SHARED.replace("Never promise refunds.", "No refunds.")
    unforking = handed_in(fleet, {**FORKS, "evan": formal})
    with pytest.raises(CannotReshape):
        deciding.rename_slot(unforking, "tone", name, "", by=fleet.engineer)


def test_dropped_slot_goes_back_into_the_base_and_its_users_are_proved_again(fleet: Fleet) -> None:
    unforking = handed_in(fleet)
    accept_all(unforking, fleet)
    deciding.drop_slot(unforking, "tone", by=fleet.engineer)
    unforking.refresh_from_db()
    assert "Be kind and brief." in unforking.base_text
    acme = fork(unforking, "acme")
    assert not acme.is_exact
    assert acme.choice == ForkChoice.UNDECIDED
    assert "would read" in acme.detail
    assert fork(unforking, "cara").choice == ForkChoice.ACCEPT


def test_slot_whose_text_reads_as_a_marker_cannot_be_dropped(fleet: Fleet) -> None:
    forks = {"acme": "Say {{> tone}}.\nBye.\n", "bolt": "Say hello.\nBye.\n"}
    given = "Say {{> greeting}}.\nBye.\n"
    unforking = handed_in(fleet, forks, base=given, choice=BaseChoice.GIVEN)
    assert fork(unforking, "acme").values == {"greeting": "{{> tone}}"}
    Unforking.objects.filter(pk=unforking.pk).update(
        slots=[{"name": "greeting", "default": "{{> tone}}"}]
    )
    with pytest.raises(CannotReshape, match="looks like a slot marker"):
        deciding.drop_slot(unforking, "greeting", by=fleet.engineer)


def test_adjusted_values_are_proved_at_once(fleet: Fleet) -> None:
    unforking = handed_in(fleet)
    acme = fork(unforking, "acme")
    (slot,) = acme.values
    right = acme.values[slot]
    acme = deciding.adjust_fork(acme, {slot: "Be rude."}, by=fleet.engineer)
    assert not acme.is_exact
    assert "Be rude." in acme.detail
    acme = deciding.adjust_fork(acme, {slot: right}, by=fleet.engineer)
    assert acme.is_exact


def test_form_gives_values_back_to_the_byte(fleet: Fleet) -> None:
    """Browsers turn every line end into CRLF; blanks and the fork's own ends must survive."""
    body = "Head\r\n# Tone\r\n  Be kind.  \r\n\tAlways.\r\n\r\nEnd\r\n"
    forks = {"acme": body, "bolt": "Head\r\n# Tone\r\nBe brief.\r\nEnd\r\n"}
    unforking = handed_in(fleet, forks)
    acme, client = fork(unforking, "acme"), signed_in(fleet)
    assert acme.is_exact
    page = client.get(acme.get_absolute_url()).content.decode()
    typed = {
        f"slot-{name}": value.replace("\r\n", "\n").replace("\n", "\r\n")
        for name, value in acme.values.items()
    }
    assert ">\n  Be kind." in page.replace("\r\n", "\n")
    client.post(acme.get_absolute_url(), typed)
    after = fork(unforking, "acme")
    assert after.values == acme.values
    assert after.is_exact
    name = next(iter(acme.values))
    client.post(acme.get_absolute_url(), {f"slot-{name}": "One\r\nTwo"})
    assert fork(unforking, "acme").values[name] == "One\r\nTwo"


def test_owner_may_be_one_that_is_there_or_a_new_one(fleet: Fleet) -> None:
    unforking = handed_in(
        fleet, {"Ünïque Shop": "A.\nB.\n", "Tenant 1": "A.\nC.\n", "日本": "A.\n"}
    )
    assert fork(unforking, "Ünïque Shop").slug == "unique-shop"
    assert fork(unforking, "Tenant 1").tenant == Tenant.objects.get(slug="tenant-1")
    nameless = fork(unforking, "日本")
    assert nameless.slug == ""
    assert not deciding.is_acceptable(nameless)
    for slug in ("production", "Not So", ""):
        with pytest.raises(CannotReshape):
            deciding.choose_owner(nameless, slug, by=fleet.engineer)
    deciding.choose_owner(nameless, "nippon", by=fleet.engineer)
    assert deciding.is_acceptable(fork(unforking, "日本"))


def test_findings_of_each_fork_are_told(fleet: Fleet) -> None:
    generous = SHARED.replace("Be kind and brief.", "Always promise a full refund.")
    unforking = handed_in(fleet, {**FORKS, "evan": generous})
    severities = {one["severity"] for one in fork(unforking, "evan").findings}
    assert "block" in severities
    assert fork(unforking, "acme").findings == []


def test_many_forks_are_compared_and_adopted_by_a_worker(fleet: Fleet) -> None:
    forks = {
        f"shop-{n}": SHARED.replace("Be kind and brief.", f"Be number {n}.") for n in range(70)
    }
    unforking = handed_in(fleet, forks)
    assert unforking.stage == UnforkStage.READING
    item = WorkItem.objects.get(kind=COMPARE_KIND)
    work_off(item, job.compare_forks)
    unforking.refresh_from_db()
    assert (unforking.stage, unforking.seen) == (UnforkStage.OPEN, 70)
    accept_all(unforking, fleet)
    begin_adoption(unforking, by=fleet.engineer, why="They served before.")
    unforking.refresh_from_db()
    assert (unforking.stage, unforking.total) == (UnforkStage.ADOPTING, 70)
    work_off(WorkItem.objects.get(kind=ADOPT_KIND), job.adopt_forks)
    assert Served.objects.filter(prompt_slug="triage").count() == 70
    unforking.refresh_from_db()
    assert unforking.stage == UnforkStage.DONE


def test_adoption_that_was_cut_short_goes_on_where_it_stopped(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    forks = {f"shop-{n}": SHARED.replace("kind", f"kind {n}") for n in range(12)}
    unforking = handed_in(fleet, forks)
    accept_all(unforking, fleet)
    begin_adoption(unforking, by=fleet.engineer, why="They served before.")
    honest, seen = finishing.adopt_fork, []

    def dies_at_the_fourth(ground: Any, one: Any) -> Any:
        seen.append(one.name)
        if len(seen) == 4:
            raise RuntimeError("killed")
        return honest(ground, one)

    monkeypatch.setattr(finishing, "adopt_fork", dies_at_the_fourth)
    item = WorkItem.objects.get(kind=ADOPT_KIND)
    with pytest.raises(RuntimeError):
        work_off(item, job.adopt_forks)
    assert Served.objects.filter(prompt_slug="triage").count() == 3
    work_off(item, job.adopt_forks)
    assert Served.objects.filter(prompt_slug="triage").count() == 12
    assert len(seen) == 4 + 9


def test_work_given_up_leaves_the_un_fork_to_people(fleet: Fleet) -> None:
    forks = {f"shop-{n}": SHARED.replace("kind", f"kind {n}") for n in range(12)}
    unforking = handed_in(fleet, forks)
    accept_all(unforking, fleet)
    begin_adoption(unforking, by=fleet.engineer, why="They served before.")
    job.give_up(WorkItem.objects.get(kind=ADOPT_KIND))
    unforking.refresh_from_db()
    assert unforking.stage == UnforkStage.OPEN
    assert "given up" in unforking.problem
    begin_adoption(unforking, by=fleet.engineer, why="Once more.")
    assert WorkItem.objects.filter(kind=ADOPT_KIND).count() == 2


def work_off(item: WorkItem, handler: Any) -> None:
    """Do an item as a worker would."""
    from registry import work

    WorkItem.objects.filter(pk=item.pk).update(state="queued", lease_until=None)
    held = work.claim(item.pk)
    assert held is not None
    handler(held)


@pytest.mark.django_db(transaction=True)
def test_two_people_finishing_at_once_adopt_once() -> None:
    from tests.builders import build_fleet

    fleet = build_fleet(tenants=1)
    unforking = handed_in(fleet, {name: FORKS[name] for name in ("acme", "cara", "dora")})
    accept_all(unforking, fleet)
    refused: list[str] = []
    start = threading.Barrier(2)

    def finish() -> None:
        start.wait()
        try:
            begin_adoption(
                Unforking.objects.get(pk=unforking.pk), by=fleet.engineer, why="They served."
            )
        except IllegalMove as why:
            refused.append(str(why))
        finally:
            connection.close()

    threads = [threading.Thread(target=finish) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Release.objects.filter(variant__prompt__slug="triage").count() == 3


def test_nothing_can_be_decided_on_what_is_over(fleet: Fleet) -> None:
    unforking = handed_in(fleet)
    deciding.cancel(unforking, by=fleet.engineer, why="")
    acme = fork(unforking, "acme")
    for act in (
        lambda: deciding.decide(unforking, [acme.pk], ForkChoice.ACCEPT, by=fleet.engineer),
        lambda: deciding.drop_slot(unforking, "tone", by=fleet.engineer),
        lambda: deciding.adjust_fork(acme, {}, by=fleet.engineer),
        lambda: begin_adoption(unforking, by=fleet.engineer, why="x"),
    ):
        with pytest.raises((IllegalMove, CannotUnfork)):
            act()


@pytest.mark.parametrize("role", ["customer_success", "viewer", "policy_owner", "operator"])
def test_who_may_not_write_base_and_overlays_cannot_take_over(fleet: Fleet, role: str) -> None:
    unforking = handed_in(fleet)
    with pytest.raises(NotAllowed):
        begin_adoption(unforking, by=fleet.people[role], why="x")


@pytest.mark.parametrize("role", ["customer_success", "viewer", "policy_owner"])
def test_forks_are_shown_to_nobody_who_may_not_adopt(fleet: Fleet, role: str) -> None:
    unforking = handed_in(fleet)
    client = signed_in(fleet, role)
    for url in pages_of(unforking):
        assert client.get(url).status_code == 403, url


def pages_of(unforking: Unforking) -> list[str]:
    return [
        reverse("unfork-list"), reverse("unfork-open"), unforking.get_absolute_url(),
        reverse("unfork-progress", args=[unforking.pk]), fork(unforking, "acme").get_absolute_url(),
    ]  # fmt: skip


def test_every_page_shows_an_un_fork_in_every_stage(fleet: Fleet) -> None:
    client = signed_in(fleet)
    assert "No un-fork yet" in client.get(reverse("unfork-list")).content.decode()
    unforking = handed_in(fleet)
    accept_all(unforking, fleet)
    page = client.get(unforking.get_absolute_url()).content.decode()
    assert "4 forks of 6 become live" in page
    assert "3 new tenants are made" in page
    for show in ("exact", "differs", "blocked", "accept", "leave", "undecided", "nonsense"):
        assert client.get(unforking.get_absolute_url(), {"show": show}).status_code == 200
    client.post(reverse("unfork-finish", args=[unforking.pk]), {"why": "They served before."})
    for url in pages_of(unforking):
        assert client.get(url).status_code == 200, url
    assert (
        "See the variant" in client.get(fork(unforking, "acme").get_absolute_url()).content.decode()
    )
    assert client.post(fork(unforking, "acme").get_absolute_url(), {}).status_code == 409


def test_queries_do_not_grow_with_the_forks(
    fleet: Fleet, django_assert_max_num_queries: Any
) -> None:
    forks = {f"shop-{n}": SHARED.replace("kind", f"kind {n}") for n in range(50)}
    unforking, client = handed_in(fleet, forks), signed_in(fleet)
    with django_assert_max_num_queries(16):
        client.get(unforking.get_absolute_url())


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"forks/{name}.md", text.encode())
    return out.getvalue()


def test_upload_of_a_zip_opens_an_un_fork(fleet: Fleet) -> None:
    client = signed_in(fleet)
    typed = {
        "forks": SimpleUploadedFile("forks.zip", zipped(FORKS)), "base_choice": "given",
        "base_file": SimpleUploadedFile("base.md", SHARED.encode()), "prompt_slug": "triage",
        "target": fleet.old.pk,
        "tenants": SimpleUploadedFile("t.csv", b"slug,name,segment\nacme,Acme Corp,bank\n"),
    }  # fmt: skip
    answer = client.post(reverse("unfork-open"), typed)
    unforking = Unforking.objects.get()
    assert answer["Location"] == unforking.get_absolute_url()
    assert unforking.files.count() == 6
    assert fork(unforking, "acme").facts["segment"] == "bank"
    accept_all(unforking, fleet)
    begin_adoption(unforking, by=fleet.engineer, why="They served before.")
    assert Tenant.objects.get(slug="acme").name == "Acme Corp"


def test_upload_of_several_files_names_what_cannot_be_read(fleet: Fleet) -> None:
    client = signed_in(fleet)
    files = [
        SimpleUploadedFile("acme.md", FORKS["acme"].encode()),
        SimpleUploadedFile("bolt.md", "Grüße".encode("utf-16")),
        SimpleUploadedFile("cara.json", json.dumps({"system": FORKS["cara"]}).encode()),
    ]
    typed = {"forks": files, "base_choice": "proposed", "prompt_slug": "triage",
             "target": fleet.old.pk}  # fmt: skip
    client.post(reverse("unfork-open"), typed)
    unforking = Unforking.objects.get()
    assert sorted(unforking.files.values_list("name", flat=True)) == ["acme", "cara"]
    assert "UTF-16" in unforking.unreadable["bolt.md"]
    assert "UTF-16" in client.get(unforking.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"forks": []}, "Forked prompts: "),
        ({"prompt_slug": "Not a slug"}, "cannot name a prompt"),
        ({"base_choice": "given"}, "Choose the base’s file"),
        ({"base_choice": "own"}, "has no base here yet"),
        ({"target": ""}, "Model they run on: "),
        ({"base_choice": "given", "base_file": b"\xff\xfeB\0"}, "is UTF-16"),
        ({"tenants": b"name\nAcme\n"}, "no column called slug"),
        ({"forks": b"\0"}, "could be read as a prompt"),
        ({"forks": b"PK\x03\x04 broken"}, "no zip file that can be opened"),
    ],
)
def test_what_is_wrong_with_an_upload_is_said(
    fleet: Fleet, change: dict[str, Any], said: str
) -> None:
    typed: dict[str, Any] = {
        "forks": b"Be kind.", "base_choice": "proposed", "prompt_slug": "new-one",
        "target": fleet.old.pk,
    } | change  # fmt: skip
    for name in ("forks", "base_file", "tenants"):
        if isinstance(typed.get(name), bytes):
            typed[name] = SimpleUploadedFile("a.md", typed[name])
    answer = signed_in(fleet).post(reverse("unfork-open"), typed)
    assert answer.status_code == 422
    assert said in answer.content.decode().replace("&#x27;", "’").replace("'", "’")
    assert not Unforking.objects.exists()


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real prompts is not here")
def test_47_unrelated_prompts_have_nothing_in_common_and_it_says_so(fleet: Fleet) -> None:
    lines = (CORPUS / "prompts/lobe_agents.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["system"].strip()][:47]
    forks = {row["id"]: row["system"] for row in rows}
    unforking = handed_in(fleet, forks)
    if unforking.stage == UnforkStage.READING:
        work_off(WorkItem.objects.get(kind=COMPARE_KIND), job.compare_forks)
        unforking.refresh_from_db()
    assert unforking.base_origin == "The 47 forks have nothing in common: no base is in them."
    one = next(iter(forks.values()))
    given = handed_in(fleet, forks, base=one, choice=BaseChoice.GIVEN, slug="other")
    if given.stage == UnforkStage.READING:
        work_off(WorkItem.objects.filter(kind=COMPARE_KIND).last(), job.compare_forks)
    details = list(given.files.values_list("detail", flat=True))
    assert sum(detail.startswith("nothing in common with the base") for detail in details) == 46
    assert given.files.filter(is_exact=True).count() == 1


def test_forks_without_the_policy_cannot_take_a_prompt_out_of_the_global_policy(
    fleet: Fleet,
) -> None:
    unforking = handed_in(fleet, slug=fleet.prompt.slug)
    accept_all(unforking, fleet)
    with pytest.raises(CannotUnfork, match="under the global policy"):
        begin_adoption(unforking, by=fleet.engineer, why="They served before.")
    assert not Policy.objects.filter(prompt=fleet.prompt).exists()
    unforking.refresh_from_db()
    assert unforking.stage == UnforkStage.OPEN
