"""Letters and words that follow from a change by themselves."""

from __future__ import annotations

import pytest

from fleet.campaign.actions import (
    approve_batch,
    cut_over,
    record_sign_off,
    roll_back_track,
    settle,
    start_evaluation,
)
from fleet.campaign.models import Track
from fleet.letter.hearing import hear
from fleet.letter.models import Letter
from fleet.notify.models import Notification
from registry import events
from registry.models import Event
from tests.builders import Fleet
from tests.campaign.going import SIGNED, first, go, opened
from tests.evals.measured import measure
from tests.letter.writing import people, post, queued, sent, waiting

pytestmark = pytest.mark.django_db


def through(fleet: Fleet, track: Track, name: str = "Carla") -> Track:
    """Signed by somebody, approved and cut over."""
    record_sign_off(track, **SIGNED | {"contact_name": name}, by=fleet.manager)
    approve_batch([track], by=fleet.policy_owner, reason="")
    cut_over(Track.objects.get(pk=track.pk), by=fleet.engineer)
    return Track.objects.get(pk=track.pk)


def cuts_over(fleet: Fleet, track: Track) -> Event:
    """What the last step of a cutover records."""
    return events.record("track.cut_over", track, fleet.engineer)


def told(kind: str) -> list[str]:
    return sorted(Letter.objects.filter(kind=kind).values_list("to_name", flat=True))


def test_the_whole_way_tells_customer_and_owner(fleet: Fleet) -> None:
    track = through(fleet, go(queued(fleet, "Helen Marsh")))
    assert told("confirmation") == ["Helen Marsh"]
    [message] = post()
    assert "has moved from" in message.body
    assert message.reply_to == [fleet.manager.email], "nobody sent it: the owner hears the answer"
    people(track, "Late Comer")
    roll_back_track(track, by=fleet.engineer, reason="Refusals up")
    assert told("rolled_back") == ["Helen Marsh"]
    assert "Refusals" not in Letter.objects.get(kind="rolled_back").body, "our reason is ours"
    owner = Notification.objects.filter(user=fleet.manager)
    assert owner.filter(kind="track.rolled_back").count() == 1
    assert not owner.filter(kind="track.needs_work").exists(), "they know already"


def test_cutover_confirms_to_those_who_were_told_or_signed(fleet: Fleet) -> None:
    track = waiting(fleet, "Helen Marsh")
    sent(track, "evidence", fleet)
    people(track, "Carla", "Nobody")
    record_sign_off(track, **SIGNED, by=fleet.manager)
    cuts_over(fleet, track)
    assert told("confirmation") == ["Carla", "Helen Marsh"]


def test_cutover_confirms_to_all_where_nobody_was_told(fleet: Fleet) -> None:
    cuts_over(fleet, queued(fleet, "Helen Marsh", "Ben Ott"))
    assert told("confirmation") == ["Ben Ott", "Helen Marsh"]


def test_each_cutover_is_confirmed_once(fleet: Fleet) -> None:
    track = queued(fleet)
    event = cuts_over(fleet, track)
    hear([(event, track)])
    assert len(told("confirmation")) == 1
    cuts_over(fleet, track)
    assert len(told("confirmation")) == 2


def test_customer_without_people_is_cut_over_without_letters(fleet: Fleet) -> None:
    cuts_over(fleet, first(opened(fleet)))
    assert not Letter.objects.exists()


def test_track_that_needs_work_is_told_to_its_owner(fleet: Fleet) -> None:
    track = queued(fleet)
    start_evaluation(track)
    track.refresh_from_db()
    assert track.run is not None
    settle(measure(track.run, failing={f"case-{n}" for n in range(40)}).run)
    told_to = Notification.objects.filter(kind="track.needs_work").values_list("user", "subject")
    assert list(told_to) == [(fleet.manager.pk, f"Needs work: {track.variant}")]
