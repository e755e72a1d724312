"""A text that was started from another review's: what becomes of that, and who is barred."""

from __future__ import annotations

import pytest

from fleet.authoring.actions import submit_overlay
from fleet.release.actions import publish
from fleet.review.actions import Blocked, approve, rebase
from fleet.review.blockers import blockers
from fleet.review.models import Review
from registry.actions import publish_policy, save_draft
from registry.roles import NotAllowed
from tests.builders import RULES, Fleet, make_user
from tests.reviews import answer_all, approved, asked, usual_asked

pytestmark = pytest.mark.django_db


def stage(review: Review) -> str:
    """Where the review stands in the database."""
    return Review.objects.values_list("stage", flat=True).get(pk=review.pk)


def test_an_authors_next_text_supersedes_the_one_that_waits(fleet: Fleet) -> None:
    first = asked(fleet.variants[0], fleet.manager)
    on = str(first.revision_id)
    second = submit_overlay(
        fleet.variants[0], {"tone": "Be warm."}, "Better.", fleet.manager, opened_on=on
    )
    assert (second.follows, stage(first)) == (first, "withdrawn")


def test_another_persons_text_leaves_it_waiting(fleet: Fleet) -> None:
    first = asked(fleet.variants[0], fleet.manager)
    second = asked(fleet.variants[0], fleet.engineer, "Be warm.", follows=first)
    assert (second.follows, stage(first)) == (first, "open")


def test_a_draft_begun_after_a_review_follows_it(fleet: Fleet) -> None:
    first = asked(fleet.variants[0], fleet.manager)
    draft = save_draft(fleet.variants[0], {"tone": "Be w"}, edition=0, by=fleet.manager)
    second = submit_overlay(
        fleet.variants[0], {"tone": "Be warm."}, "Better.", fleet.manager,
        edition=draft.edition, opened_on="draft",
    )  # fmt: skip
    assert second.follows == first


def test_a_text_begun_on_what_is_live_follows_nothing(fleet: Fleet) -> None:
    live = fleet.variants[0].revisions.get()
    asked(fleet.variants[0], fleet.manager)
    second = submit_overlay(
        fleet.variants[0], {"tone": "Be warm."}, "Better.", fleet.engineer, opened_on=str(live.pk)
    )
    assert second.follows is None


def test_what_it_was_started_from_going_live_needs_no_tick(fleet: Fleet) -> None:
    first = approved(fleet, fleet.variants[0])
    second = asked(fleet.variants[0], fleet.manager, "Be warm.", follows=first)
    third = asked(fleet.variants[0], fleet.manager, "Be kind.")
    publish(first, by=fleet.engineer)
    codes = [{one.code for one in blockers(review.revision)} for review in (second, third)]
    assert ["live" in found for found in codes] == [False, True]


def test_a_rebase_is_decided_anew_and_its_first_author_stays_barred(fleet: Fleet) -> None:
    writer = make_user("prompt_engineer", "engineer-2")
    first = asked(fleet.variants[0], writer)
    approve(first, by=fleet.policy_owner)
    publish(approved(fleet, fleet.variants[0], "Be warm."), by=fleet.engineer)
    publish_policy(text="Never.", rules=RULES, by=fleet.policy_owner, note="Shorter")
    fresh = rebase(first, {"tone": "Be brief."}, by=fleet.manager, rationale="Rebased.")
    answer_all(fresh.revision.eval_runs.get())
    assert (fresh.follows, stage(first), fresh.stage) == (first, "withdrawn", "open")
    assert fresh.revision.policy_version.number == 2
    with pytest.raises(NotAllowed, match="wrote part"):
        approve(fresh, by=writer)


def test_a_rebase_does_not_close_somebodys_draft() -> None:
    fleet, review = usual_asked()
    save_draft(fleet.variants[0], {"tone": "Half a"}, edition=0, by=fleet.engineer)
    with pytest.raises(Blocked, match="draft"):
        rebase(review, {"tone": "Be warm."}, by=fleet.manager, rationale="Rebased.")
