"""The blind comparison: sides by chance, each choice once, no tally before one is through."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evals import blind
from evals.actions import cancel_run, record_verdict, start_run
from evals.models import Arm, Case, CaseResult, Choice, EvalRun, Outcome, Preference
from evals.preferences import choices_needed
from evals.suites import write_suite
from registry.actions import freeze
from registry.models import Event, User
from tests.builders import Fleet, make_cases, make_user
from tests.evals.measured import measure

pytestmark = pytest.mark.django_db

CASES = 12


@pytest.fixture
def run(fleet: Fleet) -> EvalRun:
    """A finished run of 12 cases of a customer whom the manager looks after."""
    return finished(fleet, 0)


def finished(fleet: Fleet, number: int) -> EvalRun:
    write_suite(prompt=fleet.prompt, cases=make_cases(CASES), by=fleet.engineer)
    variant = fleet.variants[number]
    old = variant.revisions.get()
    new = freeze(
        variant, by=fleet.engineer, note="New model", target=fleet.new, overlay=old.overlay_version
    )
    found = start_run(new, baseline=old, by=fleet.engineer)
    measure(found)
    return found


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(run: EvalRun) -> str:
    return reverse("preference", args=[run.pk])


def page(client: Client, run: EvalRun) -> str:
    answer = client.get(address(run))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def shown_case(text: str) -> str:
    found = re.search(r'name="case" value="(\d+)"', text)
    assert found is not None
    return found[1]


def prefer(run: EvalRun, person: User, choice: str, most: int = CASES) -> None:
    """Choose the old, the new or neither answer in so many of a person's pairs."""
    pairs = blind.pairs_of(run, person)
    for pair in pairs[:most]:
        side = "tie" if choice == "tie" else "left" if pair.chosen("left") == choice else "right"
        blind.choose(run, pair, side, by=person, of=len(pairs))  # type: ignore[arg-type]


def test_sides_and_order_are_by_chance_and_stay_as_they_are(fleet: Fleet, run: EvalRun) -> None:
    mine = blind.pairs_of(run, fleet.engineer)
    assert mine == blind.pairs_of(run, fleet.engineer)
    assert 0 < sum(pair.new_left for pair in mine) < CASES  # else once in 2,000 runs
    theirs = blind.pairs_of(run, fleet.manager)
    assert [pair.case for pair in mine] != [pair.case for pair in theirs]
    sides = {pair.case.pk: pair.new_left for pair in theirs}
    assert any(pair.new_left != sides[pair.case.pk] for pair in mine)


@pytest.mark.parametrize(
    ("new_left", "side", "choice"),
    [
        (True, "left", Choice.NEW), (False, "left", Choice.OLD), (True, "right", Choice.OLD),
        (False, "right", Choice.NEW), (True, "tie", Choice.TIE),
    ],
)  # fmt: skip
def test_a_side_is_the_answer_that_stood_there(new_left: bool, side: Any, choice: Choice) -> None:
    pair = blind.Pair(Case(), "old", "new", new_left)
    assert pair.chosen(side) == choice
    assert (pair.left, pair.right) == (("new", "old") if new_left else ("old", "new"))


def test_page_shows_both_answers_and_nothing_that_tells_them_apart(
    fleet: Fleet, run: EvalRun
) -> None:
    text = page(signed_in(fleet.engineer), run)
    pair = next(
        one for one in blind.pairs_of(run, fleet.engineer) if str(one.case.pk) == shown_case(text)
    )
    told = text[text.index("data-blind") :].replace(pair.old, "ANSWER").replace(pair.new, "ANSWER")
    assert told.count('<div class="case-text">ANSWER</div>') == 2
    assert not re.search(r"\b(old|new|candidate|baseline)\b", told.split("</form>")[0], re.I)


def test_choice_is_stored_once_and_the_next_pair_comes(fleet: Fleet, run: EvalRun) -> None:
    client = signed_in(fleet.engineer)
    first = shown_case(page(client, run))
    answer = client.post(address(run), {"case": first, "side": "left"})
    assert (answer.status_code, answer["Location"]) == (302, address(run))
    client.post(address(run), {"case": first, "side": "right"})
    row = Preference.objects.get(run=run, case=first, by=fleet.engineer)
    assert row.choice == (Choice.NEW if row.new_was_left else Choice.OLD)
    assert shown_case(page(client, run)) != first
    assert "<strong>1 of 12</strong>" in page(client, run)


def test_anything_else_than_a_choice_is_refused_and_the_pair_stays(
    fleet: Fleet, run: EvalRun
) -> None:
    client = signed_in(fleet.engineer)
    for typed in ({}, {"side": "both", "case": "1"}, {"case": "x", "side": "left"}):
        answer = client.post(address(run), typed)
        assert answer.status_code == 422 and "Choose one of the three" in answer.content.decode()
    assert not Preference.objects.exists()


def test_nobody_sees_the_tally_before_having_finished_the_own_set(
    fleet: Fleet, run: EvalRun
) -> None:
    prefer(run, fleet.engineer, "new")
    assert "12 went to the new answers" in page(signed_in(fleet.engineer), run)
    assert Event.objects.filter(verb="preference.finished").count() == 1
    manager = signed_in(fleet.manager)
    prefer(run, fleet.manager, "tie", CASES - 1)
    text = page(manager, run)
    assert "went to the new" not in text and "What people chose" not in text
    manager.post(address(run), {"case": shown_case(text), "side": "tie"})
    text = page(manager, run)
    assert "12 went to the new answers" in text and "2 people" in text
    assert f"{choices_needed()} cases show a drop of 12 points" in text


def test_result_names_the_cases_in_which_the_old_answer_was_liked_better(
    fleet: Fleet, run: EvalRun
) -> None:
    prefer(run, fleet.engineer, "old", 10)
    prefer(run, fleet.engineer, "new")
    text = page(signed_in(fleet.engineer), run)
    assert 'Where you preferred the old answer <span class="count">10</span>' in text
    assert "No-go." in text and "No-go:" not in text and "the old ones are preferred" in text


def test_same_answers_are_not_asked_about(fleet: Fleet, run: EvalRun) -> None:
    case = Case.objects.filter(suite_version__in=run.suite_versions.all()).first()
    again = start_run(run.revision, baseline=run.baseline, by=fleet.engineer, repeats=2)
    for arm in (Arm.BASELINE, Arm.CANDIDATE):
        CaseResult.objects.create(
            run=again, arm=arm, case=case, outcome=Outcome.ANSWERED, answer="Same. ", score=1
        )
    record_verdict(again)
    answer = signed_in(fleet.engineer).get(address(again))
    assert answer.status_code == 409 and "the same in every case" in answer.content.decode()


def test_run_that_has_no_two_sets_of_answers_says_so(fleet: Fleet) -> None:
    client, revision = signed_in(fleet.engineer), fleet.variants[0].revisions.get()
    alone = start_run(revision, baseline=None, by=fleet.engineer)
    assert "had no old revision" in client.get(address(alone)).content.decode()
    running = start_run(revision, baseline=revision, by=fleet.engineer, repeats=2)
    assert "has to end first" in client.get(address(running)).content.decode()
    cancel_run(running, by=fleet.engineer)
    assert client.get(address(running)).status_code == 409


def test_who_may_run_no_evals_may_not_compare(fleet: Fleet, run: EvalRun) -> None:
    for person in (fleet.viewer, make_user("policy_owner", "another")):
        client = signed_in(person)
        assert client.get(address(run)).status_code == 403
        assert client.post(address(run), {"case": "1", "side": "left"}).status_code == 403


def test_manager_compares_own_customers_only(fleet: Fleet) -> None:
    foreign = finished(fleet, 2)
    assert signed_in(fleet.manager).get(address(foreign)).status_code == 404
