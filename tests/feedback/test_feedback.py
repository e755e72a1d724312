"""What customers come back with: written down, listed, compared."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.campaign.models import Track
from fleet.feedback.actions import Said, UnusableFeedback, record_feedback
from fleet.feedback.load import compare, complaints_since
from fleet.feedback.models import Feedback
from fleet.feedback.panel import track_panel
from registry.models import User, Variant
from registry.roles import NotAllowed
from tests.builders import Fleet
from tests.campaign.going import first, opened

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def complain(fleet: Fleet, when: dt.datetime, kind: str = "complaint") -> Feedback:
    said = Said(kind, "Too cold.", minutes=20, happened_at=when)
    return record_feedback(fleet.variants[0], said, by=fleet.manager)


def test_load_is_compared_with_as_many_days_before(fleet: Fleet) -> None:
    now = timezone.now()
    cutover = now - 14 * DAY
    Variant.objects.filter(pk=fleet.variants[0].pk).update(created_at=now - 90 * DAY)
    fleet.variants[0].refresh_from_db()
    for days in (20, 40, 60):
        complain(fleet, now - days * DAY)
    complain(fleet, now - 20 * DAY, "praise")
    for hours in range(1, 9):
        complain(fleet, cutover + hours * DAY)
    found = compare(fleet.variants[0], cutover)
    assert (found.before.complaints, found.before.count, round(found.before.days)) == (2, 3, 28)
    assert (found.after.complaints, round(found.after.days)) == (8, 14)
    assert found.after.minutes_per_week == pytest.approx(80, abs=0.1)
    assert found.verdict == "more" and found.sentence.startswith("More complaints: 4.0 a week")


def test_time_before_a_variant_was_known_is_not_counted_as_quiet(fleet: Fleet) -> None:
    found = compare(fleet.variants[0], timezone.now() + DAY)
    assert found.verdict == "unknown" and found.before.days < 2


def test_complaints_since_the_cutover_are_counted(fleet: Fleet) -> None:
    now = timezone.now()
    Variant.objects.update(created_at=now - 90 * DAY)
    track = first(opened(fleet))
    complain(fleet, now - 2 * DAY)
    assert complaints_since(track) == 0
    Track.objects.filter(pk=track.pk).update(cut_over_at=now - 3 * DAY)
    track.refresh_from_db()
    complain(fleet, now - 4 * DAY)
    complain(fleet, now - DAY, "question")
    assert complaints_since(track) == 1
    panel = track_panel(track, fleet.manager)
    assert len(panel["rows"]) == 3 and "too few to tell" in panel["load"].sentence
    assert track_panel(track, fleet.viewer)["form"] is None


def test_what_was_said_is_written_down_from_a_track(fleet: Fleet) -> None:
    track = first(opened(fleet))
    url = reverse("variant-feedback", args=[track.variant_id])
    typed = {"kind": "question", "words": "When?", "minutes": "5", "reference": "T-1"}
    client = signed_in(fleet.manager)
    answer = client.post(url, typed | {"track": str(track.pk)})
    assert answer["Location"] == track.get_absolute_url()
    row = Feedback.objects.get()
    assert (row.track, row.by, row.minutes) == (track, fleet.manager, 5)
    other = fleet.variants[1]
    answer = client.post(
        reverse("variant-feedback", args=[other.pk]), typed | {"track": str(track.pk)}
    )
    assert answer["Location"] == other.get_absolute_url()
    assert Feedback.objects.get(variant=other).track is None


def test_unusable_feedback_is_refused_with_what_was_typed_kept(fleet: Fleet) -> None:
    client, url = (
        signed_in(fleet.manager),
        reverse("variant-feedback", args=[fleet.variants[0].pk]),
    )
    good = {"kind": "complaint", "words": "Kept words", "minutes": "1"}
    tomorrow = (timezone.now() + DAY).strftime("%Y-%m-%dT%H:%M")
    for wrong in (
        {"kind": "x"}, {"minutes": "-1"}, {"minutes": "9" * 30}, {"happened_at": tomorrow},
        {"happened_at": "0000-99-99"}, {"reference": "x" * 400}, {"words": "Kept words" * 2000},
    ):  # fmt: skip
        answer = client.post(url, good | wrong)
        assert answer.status_code == 422, wrong
        assert "Kept words" in answer.content.decode()
    assert client.post(url, good | {"words": "a\x00"}).status_code == 400
    assert not Feedback.objects.exists()
    for words, reference in ((" ", ""), ("a\x00", ""), ("a", "\x00")):
        said = Said("complaint", words, reference)
        with pytest.raises(UnusableFeedback):
            record_feedback(fleet.variants[0], said, by=fleet.manager)


def test_onlookers_and_strangers_write_nothing_down(fleet: Fleet) -> None:
    foreign = fleet.variants[-1]
    with pytest.raises(NotAllowed):
        record_feedback(foreign, Said("complaint", "x"), by=fleet.manager)
    with pytest.raises(NotAllowed):
        record_feedback(foreign, Said("complaint", "x"), by=fleet.viewer)
    record_feedback(foreign, Said("complaint", "Zyx Secret"), by=fleet.engineer)
    url = reverse("feedback-list")
    assert "Zyx Secret" not in signed_in(fleet.manager).get(url).content.decode()
    seen = signed_in(fleet.viewer).get(url, {"variant": foreign.pk, "kind": "complaint"})
    assert "Zyx Secret" in seen.content.decode()
