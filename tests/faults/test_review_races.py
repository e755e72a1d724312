"""Two people at once, in real threads on PostgreSQL: one wins, the other is told, nothing mixes.

FLEET_RACES sets how many races are run in all (32 where it is not given).
"""

from __future__ import annotations

import itertools
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from django.db import connection
from django.utils import timezone

from fleet.release.actions import publish
from fleet.release.models import Release, Served, Stage
from fleet.review.actions import AlreadyDecided, Blocked, approve, open_review, request_changes
from fleet.review.actions.scheduling import publish_scheduled, schedule
from fleet.review.models import Approval, Review
from registry.models import User, Variant
from registry.transitions import IllegalMove
from tests.builders import Fleet, build_fleet, make_user
from tests.reviews import approved, asked, soon

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

RACES = int(os.environ.get("FLEET_RACES", "16"))
HEAD_START = 0.03
"""Seconds that either racer may be ahead: about what a decision takes, so that both orders and
what lies between come up."""

SUBMISSION = 0.5
"""Seconds that a submission takes on a busy machine until it withdraws what it follows."""

SAID = (AlreadyDecided, Blocked, IllegalMove)
"""How whoever came too late is told; anything else is a fault."""


@dataclass
class Ring:
    """Where races are run: a fleet, one more author and approver, and two threads that stay."""

    fleet: Fleet
    second: User
    pool: ThreadPoolExecutor
    texts: Iterator[int]

    @property
    def text(self) -> str:
        """A text nobody wrote before."""
        return f"Be brief, edition {next(self.texts)}."

    @property
    def variant(self) -> Variant:
        """One of the variants that the author looks after."""
        return self.fleet.variants[next(self.texts) % 2]


Racer = Callable[[], object]
Race = Callable[[Ring], str]


@pytest.fixture
def ring() -> Iterator[Ring]:
    """A fleet of two customers and two threads, each with a connection of its own."""
    fleet = build_fleet(tenants=3)
    with ThreadPoolExecutor(2) as pool:
        yield Ring(fleet, make_user("prompt_engineer", "engineer-2"), pool, itertools.count())
        both = threading.Barrier(2)
        list(pool.map(lambda _: (both.wait(), connection.close()), range(2)))


def run(ring: Ring, *racers: Racer, lead: float = HEAD_START) -> list[object]:
    """Let two act at once; what each returned, or how it was told that it came too late.

    The first may be ahead by up to `lead` seconds.
    """
    gate = threading.Barrier(2)
    ahead = random.uniform(-HEAD_START, lead)

    def start(place: int) -> object:
        gate.wait()
        time.sleep(max(0.0, ahead if place else -ahead))
        try:
            return racers[place]()
        except SAID as told:
            return told

    return list(ring.pool.map(start, range(2)))


def winner(results: list[object]) -> str:
    """Who got through: “first”, “second”, “both” or “neither”."""
    through = [not isinstance(result, Exception) for result in results]
    return {(True, False): "first", (False, True): "second", (True, True): "both"}.get(
        (through[0], through[1]), "neither"
    )


def edit_against_approve(ring: Ring) -> str:
    """The author submits the next text while somebody says yes to the present one."""
    review = asked(ring.variant, ring.fleet.manager, ring.text)
    text = ring.text
    results = run(
        ring,
        lambda: open_review(
            review.variant, {"tone": text}, rationale="Better.", by=ring.fleet.manager,
            follows=review,
        ),
        lambda: approve(review, by=ring.fleet.policy_owner),
        lead=SUBMISSION,
    )  # fmt: skip
    old, new = Review.objects.get(pk=review.pk), results[0]
    assert isinstance(new, Review), "a submission is never refused for a decision on another text"
    given = list(Approval.objects.filter(revision=old.revision))
    assert (old.stage, len(given)) in (("approved", 1), ("withdrawn", 0))
    assert all(one.sha256 == old.revision.sha256 for one in given)
    assert not new.approvals.exists() and new.stage == "open"
    return "approved first" if given else "withdrawn first"


def approve_against_approve(ring: Ring) -> str:
    """Two people say yes at once where one is enough."""
    review = asked(ring.variant, ring.fleet.manager, ring.text)
    results = run(
        ring,
        lambda: approve(review, by=ring.fleet.policy_owner),
        lambda: approve(review, by=ring.fleet.engineer),
    )
    assert Approval.objects.filter(revision=review.revision).count() == 1
    won = winner(results)
    assert won in ("first", "second")
    return won


def the_same_person_twice(ring: Ring) -> str:
    """A double click."""
    review = asked(ring.variant, ring.fleet.manager, ring.text)
    results = run(ring, *[lambda: approve(review, by=ring.second)] * 2)
    assert Approval.objects.filter(revision=review.revision).count() == 1
    return winner(results)


def publish_against_publish(ring: Ring) -> str:
    """Two people make one review live at once."""
    review = approved(ring.fleet, ring.variant, ring.text)
    results = run(
        ring,
        lambda: publish(review, by=ring.fleet.engineer),
        lambda: publish(review, by=ring.fleet.operator),
    )
    assert Release.objects.filter(revision=review.revision).count() == 1
    _one_is_live_as_served(review.variant)
    won = winner(results)
    assert won in ("first", "second")
    return won


def two_texts_published_at_once(ring: Ring) -> str:
    """Two reviews of one variant: the later to switch has to know of the earlier."""
    variant = ring.variant
    one, other = (approved(ring.fleet, variant, ring.text) for _ in range(2))
    results = run(
        ring,
        lambda: publish(one, by=ring.fleet.engineer),
        lambda: publish(other, by=ring.fleet.operator),
    )
    _one_is_live_as_served(variant)
    won = winner(results)
    assert won in ("first", "second")
    (told,) = [result for result in results if isinstance(result, Exception)]
    assert "went live after this was written" in str(told)
    return won


def approve_against_objection(ring: Ring) -> str:
    """A yes and an objection: whoever is first, the objection holds."""
    review = asked(ring.variant, ring.fleet.manager, ring.text)
    results = run(
        ring,
        lambda: approve(review, by=ring.fleet.policy_owner),
        lambda: request_changes(review, by=ring.second, reason="Too curt."),
    )
    review.refresh_from_db()
    assert review.stage == "changes_requested"
    return winner(results)


def publish_against_objection(ring: Ring) -> str:
    """It is out, or it is objected to; never both."""
    review = approved(ring.fleet, ring.variant, ring.text)
    results = run(
        ring,
        lambda: publish(review, by=ring.fleet.engineer),
        lambda: request_changes(review, by=ring.second, reason="Too curt."),
    )
    review.refresh_from_db()
    is_out = Release.objects.filter(revision=review.revision).exists()
    assert (review.stage, is_out) in (("published", True), ("changes_requested", False))
    won = winner(results)
    assert won in ("first", "second")
    return won


def its_time_comes_twice(ring: Ring) -> str:
    """Two workers with the same scheduled publish."""
    review = approved(ring.fleet, ring.variant, ring.text)
    batch = str(schedule([review], at=soon(), by=ring.fleet.engineer).batch)
    Review.objects.filter(pk=review.pk).update(publish_at=timezone.now())
    results = run(ring, *[lambda: publish_scheduled(review, batch=batch)] * 2)
    assert sorted(result is None for result in results) == [False, True]
    assert Release.objects.filter(revision=review.revision).count() == 1
    return "second" if results[0] is None else "first"


def _one_is_live_as_served(variant: Variant) -> None:
    live = Release.objects.get(variant=variant, stage=Stage.LIVE)
    assert Served.objects.get(variant=variant).sha256 == live.revision.sha256


KINDS: tuple[Race, ...] = (
    edit_against_approve, approve_against_approve, publish_against_publish,
    two_texts_published_at_once, the_same_person_twice, approve_against_objection,
    publish_against_objection, its_time_comes_twice,
)  # fmt: skip


def test_two_people_at_once_never_mix(ring: Ring) -> None:
    won: dict[str, Counter[str]] = {race.__name__: Counter() for race in KINDS}
    for race in itertools.islice(itertools.cycle(KINDS), RACES):
        won[race.__name__][race(ring)] += 1
    for name, counts in won.items():
        print(f"{name}: {dict(counts)}")
    assert Release.objects.filter(stage=Stage.LIVE).count() == 1 + len(ring.fleet.variants)
