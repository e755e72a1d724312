"""Who else has an overlay open: both see it, and it ends by itself."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from registry.actions import save_draft
from registry.actions.visits import GONE_AFTER
from registry.models import OverlayVisit, Variant
from registry.roles import NotAllowed
from tests.builders import Fleet

pytestmark = pytest.mark.django_db


def beat(client: Client, variant: Variant, **data: str) -> dict[str, object]:
    """One sign of life, and what came back."""
    answer = client.post(f"/variants/{variant.pk}/edit/visit/", data)
    return answer.json() if answer.content else {}


def names(found: dict[str, object]) -> list[str]:
    """Who else is there."""
    return [one["name"] for one in found["others"]]  # type: ignore[index,attr-defined]


def age(by: dt.timedelta) -> None:
    """Let time pass for every visit."""
    for visit in OverlayVisit.objects.all():
        visit.seen_at -= by
        visit.save()


def test_both_see_each_other_and_nobody_sees_themselves(
    manager: Client, engineer: Client, fleet: Fleet, variant: Variant
) -> None:
    assert names(beat(manager, variant)) == []
    assert names(beat(engineer, variant)) == [fleet.manager.display_name]
    assert names(beat(manager, variant)) == [fleet.engineer.display_name]
    page = manager.get(f"/variants/{variant.pk}/edit/").content.decode()
    assert f"{fleet.engineer.display_name} has this open since" in page


def test_after_30_seconds_of_silence_somebody_counts_as_gone(
    manager: Client, engineer: Client, variant: Variant
) -> None:
    beat(engineer, variant)
    age(GONE_AFTER - dt.timedelta(seconds=2))
    assert len(names(beat(manager, variant))) == 1
    age(dt.timedelta(seconds=3))
    assert names(beat(manager, variant)) == []


def test_a_visit_goes_on_while_there_are_signs_of_life(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    beat(manager, variant)
    since = OverlayVisit.objects.get().since
    age(dt.timedelta(seconds=20))
    beat(manager, variant)
    visit = OverlayVisit.objects.get()
    assert visit.since == since
    assert timezone.now() - visit.seen_at < dt.timedelta(seconds=10)


def test_whoever_comes_back_begins_a_new_visit(manager: Client, variant: Variant) -> None:
    beat(manager, variant)
    since = OverlayVisit.objects.get().since
    age(dt.timedelta(minutes=5))
    beat(manager, variant)
    assert OverlayVisit.objects.get().since > since


def test_closing_the_page_ends_the_visit_at_once(
    manager: Client, engineer: Client, variant: Variant
) -> None:
    beat(engineer, variant)
    assert beat(engineer, variant, left="1") == {}
    assert names(beat(manager, variant)) == []


def test_the_heartbeat_tells_what_somebody_saved(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    assert beat(manager, variant)["saved"] is None
    save_draft(variant, {"tone": "Theirs."}, edition=0, by=fleet.engineer)
    saved = beat(manager, variant)["saved"]
    assert (saved["edition"], saved["by_id"]) == (1, fleet.engineer.pk)  # type: ignore[index]


def test_visits_of_another_overlay_are_not_named(
    manager: Client, engineer: Client, fleet: Fleet, variant: Variant
) -> None:
    beat(engineer, fleet.variants[1])
    assert names(beat(manager, variant)) == []


def test_whoever_may_only_look_is_not_counted(fleet: Fleet, variant: Variant) -> None:
    from registry.actions.visits import visit

    with pytest.raises(NotAllowed):
        visit(variant, by=fleet.viewer)
    assert not OverlayVisit.objects.exists()
