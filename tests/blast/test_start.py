"""Starting a dry run: who may, what can be tried, and that one content runs once."""

from __future__ import annotations

import pytest

from fleet.blast.actions import BLAST_KIND, CannotTry, cancel_dry_run, newest_try, start_dry_run
from fleet.blast.models import BlastRadius, BlastStage
from registry.models import Base, Policy, WorkItem
from registry.roles import NotAllowed
from registry.transitions import move
from tests.builders import BASE, RULES, SLOTS, Fleet

BASE_DRAFT = {"text": BASE + " Bye.", "slots": [s.as_json() for s in SLOTS], "variables": []}
POLICY_DRAFT = {"text": "Never promise money.", "rules": RULES}


def test_only_whoever_writes_the_layer_may_try_it(fleet: Fleet) -> None:
    base, policy = Base.objects.get(), Policy.objects.get()
    with pytest.raises(NotAllowed):
        start_dry_run(by=fleet.policy_owner, base=base, document=BASE_DRAFT)
    with pytest.raises(NotAllowed):
        start_dry_run(by=fleet.engineer, policy=policy, document=POLICY_DRAFT)
    assert not BlastRadius.objects.exists()


def test_a_dry_run_is_queued_with_its_work(fleet: Fleet) -> None:
    radius = start_dry_run(by=fleet.engineer, base=Base.objects.get(), document=BASE_DRAFT)
    item = WorkItem.objects.get(kind=BLAST_KIND)
    assert item.payload == {"radius": str(radius.pk)}
    assert radius.stage == BlastStage.QUEUED


def test_the_same_content_twice_is_one_run(fleet: Fleet) -> None:
    policy = Policy.objects.get()
    first = start_dry_run(by=fleet.policy_owner, policy=policy, document=POLICY_DRAFT)
    again = start_dry_run(by=fleet.policy_owner, policy=policy, document=POLICY_DRAFT)
    other = start_dry_run(
        by=fleet.policy_owner, policy=policy, document=POLICY_DRAFT | {"text": "Other"}
    )
    assert first == again
    assert other != first


@pytest.mark.parametrize(
    "broken",
    [
        {"text": "{{> nowhere}}", "slots": [], "variables": []},
        {"text": "\x00", "slots": [], "variables": []},
    ],
)
def test_a_base_that_could_not_be_published_is_refused(fleet: Fleet, broken: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(CannotTry):
        start_dry_run(by=fleet.engineer, base=Base.objects.get(), document=broken)


def test_a_policy_with_an_unknown_rule_is_refused(fleet: Fleet) -> None:
    rules = {"rules": [{"id": "x", "type": "nothing", "severity": "block"}]}
    with pytest.raises(CannotTry, match="field 'type'"):
        start_dry_run(
            by=fleet.policy_owner,
            policy=Policy.objects.get(),
            document={"text": "", "rules": rules},
        )


def test_only_a_finished_run_of_this_content_counts_as_tried(fleet: Fleet) -> None:
    base = Base.objects.get()
    radius = start_dry_run(by=fleet.engineer, base=base, document=BASE_DRAFT)
    assert newest_try(base, BASE_DRAFT) is None
    move(radius, BlastStage.RUNNING, by=None)
    move(radius, BlastStage.DONE, by=None)
    assert newest_try(base, BASE_DRAFT) == radius
    assert newest_try(base, BASE_DRAFT | {"text": "Other"}) is None


def test_cancelling_is_for_whoever_may_try(fleet: Fleet) -> None:
    radius = start_dry_run(by=fleet.engineer, base=Base.objects.get(), document=BASE_DRAFT)
    with pytest.raises(NotAllowed):
        cancel_dry_run(radius, by=fleet.viewer)
    assert cancel_dry_run(radius, by=fleet.engineer).stage == BlastStage.CANCELLED
