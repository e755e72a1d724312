"""Which tracks need a person now: by capability, account and what they wrote."""

from __future__ import annotations

from uuid import uuid4

import pytest

from fleet.campaign.needs import Need, Person, needs

OPENER, ENGINEER, MANAGER, APPROVER, OPERATOR = 1, 2, 3, 4, 5
MINE, FOREIGN = 10, 11
REVISION = uuid4()

ENGINEERS = frozenset({"author_overlay", "approve", "release", "run_evals", "run_campaign"})
PEOPLE = {
    "opener": Person(OPENER, ENGINEERS, frozenset()),
    "engineer": Person(ENGINEER, ENGINEERS, frozenset()),
    "manager": Person(
        MANAGER, frozenset({"author_overlay", "run_evals", "record_sign_off"}), frozenset({MINE}),
        limited=True,
    ),
    "approver": Person(APPROVER, frozenset({"approve"}), frozenset()),
    "operator": Person(OPERATOR, frozenset({"release", "run_evals"}), frozenset()),
    "viewer": Person(9, frozenset(), frozenset()),
}  # fmt: skip


def need(asks: str, tenant: int = MINE, **more: object) -> Need:
    owners = {"owners": (MANAGER,), **more}
    return Need(asks, tenant, REVISION, OPENER, **owners)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "who"),
    [
        (need("author_overlay"), {"manager"}),
        (need("author_overlay", FOREIGN), set()),
        (need("author_overlay", FOREIGN, owners=()), {"opener", "engineer"}),
        (need("author_overlay", owner=ENGINEER), {"engineer"}),
        (need("record_sign_off"), {"manager"}),
        (need("record_sign_off", FOREIGN, owners=()), {"opener", "engineer", "operator"}),
        (need("run_evals"), {"opener", "engineer", "manager", "operator"}),
        (need("run_evals", FOREIGN), {"opener", "engineer", "operator"}),
        (need("release"), {"opener", "engineer", "operator"}),
        (need("approve", lacks_approval=True), {"engineer", "approver"}),
        (need("record_sign_off", lacks_approval=True), {"manager", "engineer", "approver"}),
        (need(""), set()),
    ],
)
def test_track_needs_those_who_may_do_its_next_act(what: Need, who: set[str]) -> None:
    assert {name for name, person in PEOPLE.items() if needs(what, person)} == who


def test_whoever_wrote_in_a_revision_is_not_needed_to_approve_it() -> None:
    wrote = Person(APPROVER, frozenset({"approve"}), frozenset(), barred=frozenset({REVISION}))
    assert not needs(need("approve", lacks_approval=True), wrote)
