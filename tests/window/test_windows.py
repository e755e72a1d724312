"""Hours and blackouts of customers: kept by people, shown on pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fleet.notify.models import NotificationSettings
from fleet.window.actions import (
    UnusableWindow,
    add_blackout,
    remove_blackout,
    set_window,
    use_usual,
)
from fleet.window.calendar import calendars
from fleet.window.models import Blackout, ChangeWindow
from fleet.window.now import now_in_words
from fleet.window.of import blackouts_of, usual, window_of, zone_of
from fleet.window.opening import Hours
from fleet.window.words import in_words
from registry.models import Event, Tenant, User
from registry.roles import NotAllowed
from tests.builders import Fleet

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 12, 24)
NIGHT: dict[str, Any] = {
    "weekdays": [5, 6], "opens": dt.time(22), "closes": dt.time(4), "zone": "Asia/Tokyo"
}  # fmt: skip
TYPED = {"weekdays": ["5", "6"], "opens": "22:00", "closes": "04:00", "zone": "Asia/Tokyo"}


def own(fleet: Fleet) -> Tenant:
    assert fleet.variants[0].tenant is not None
    return fleet.variants[0].tenant


def foreign(fleet: Fleet) -> Tenant:
    assert fleet.variants[-1].tenant is not None
    return fleet.variants[-1].tenant


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def test_tenant_without_hours_has_the_usual_ones(fleet: Fleet) -> None:
    assert window_of(own(fleet)) == usual() == window_of(None)
    assert (zone_of(None), blackouts_of(None)) == ("UTC", [])


def test_own_hours_hold_with_their_zone_until_dropped(fleet: Fleet) -> None:
    set_window(own(fleet), **NIGHT, by=fleet.manager)
    tenant = Tenant.objects.get(pk=own(fleet).pk)
    assert window_of(tenant) == Hours(frozenset({5, 6}), dt.time(22), dt.time(4))
    assert zone_of(tenant) == "Asia/Tokyo"
    use_usual(tenant, by=fleet.manager)
    assert window_of(Tenant.objects.get(pk=tenant.pk)) == usual()


def test_blackouts_are_ones_own_and_everybodys(fleet: Fleet) -> None:
    add_blackout(None, first=DAY, last=DAY, reason="Christmas", by=fleet.engineer)
    add_blackout(own(fleet), first=DAY, last=DAY, reason="Sale", by=fleet.manager)
    add_blackout(foreign(fleet), first=DAY, last=DAY, reason="Audit", by=fleet.operator)
    assert len(blackouts_of(own(fleet))) == 2
    assert len(blackouts_of(None)) == 1


@pytest.mark.parametrize(
    "said", [{"weekdays": []}, {"weekdays": [7]}, {"weekdays": [-1]}, {"zone": "Mars/Base"},
             {"zone": "\0"}],
)  # fmt: skip
def test_hours_that_make_no_sense_are_refused(fleet: Fleet, said: dict[str, Any]) -> None:
    with pytest.raises(UnusableWindow):
        set_window(own(fleet), **{**NIGHT, **said}, by=fleet.manager)
    assert not ChangeWindow.objects.exists()


@pytest.mark.parametrize(
    "said", [{"last": DAY - dt.timedelta(1)}, {"last": dt.date.max}, {"reason": " "},
             {"reason": "a\0"}, {"reason": "x" * 201}],
)  # fmt: skip
def test_blackout_that_makes_no_sense_is_refused(fleet: Fleet, said: dict[str, Any]) -> None:
    facts = {"first": DAY, "last": DAY, "reason": "Sale", **said}
    with pytest.raises(UnusableWindow):
        add_blackout(own(fleet), **facts, by=fleet.manager)


def test_manager_speaks_for_own_customers_alone(fleet: Fleet) -> None:
    for tenant in (foreign(fleet), None):
        with pytest.raises(NotAllowed):
            add_blackout(tenant, first=DAY, last=DAY, reason="x", by=fleet.manager)
    with pytest.raises(NotAllowed):
        set_window(foreign(fleet), **NIGHT, by=fleet.manager)
    everybodys = add_blackout(None, first=DAY, last=DAY, reason="x", by=fleet.operator)
    with pytest.raises(NotAllowed):
        remove_blackout(everybodys, by=fleet.manager)
    with pytest.raises(NotAllowed):
        set_window(own(fleet), **NIGHT, by=fleet.viewer)


def test_removed_blackout_stays_in_the_history(fleet: Fleet) -> None:
    made = add_blackout(own(fleet), first=DAY, last=DAY, reason="Sale", by=fleet.manager)
    client = signed_in(fleet.manager)
    client.post(reverse("blackout-remove", args=[made.pk]))
    assert not Blackout.objects.exists()
    page = client.get(reverse("window-edit", args=[own(fleet).pk])).content.decode()
    assert "Blackout removed: 24 Dec 2026, Sale" in page
    assert Event.objects.filter(verb="blackout.removed").exists()


def test_calendars_read_many_tenants_at_once(fleet: Fleet) -> None:
    set_window(own(fleet), **NIGHT, by=fleet.manager)
    today = timezone.localdate()
    add_blackout(None, first=today, last=today, reason="x", by=fleet.engineer)
    pairs = [(one.pk, one.timezone) for one in Tenant.objects.all()] + [(None, "UTC")]
    with CaptureQueriesContext(connection) as queries:
        known = calendars(pairs)
    assert len(queries) == 2
    assert known[own(fleet).pk].own_hours and not known[foreign(fleet).pk].own_hours
    assert {len(one.blackouts) for one in known.values()} == {1}


# --- the pages ---------------------------------------------------------------------------


def test_page_shows_openings_there_and_for_the_reader(fleet: Fleet) -> None:
    set_window(own(fleet), **NIGHT, by=fleet.manager)
    NotificationSettings.objects.create(user=fleet.manager, timezone="Europe/Berlin")
    answer = signed_in(fleet.manager).get(reverse("window-edit", args=[own(fleet).pk]))
    first = answer.context["openings"][0]
    assert (first.opens.hour, first.opens.utcoffset()) == (22, dt.timedelta(hours=9))
    assert first.reader_opens == first.opens
    assert first.reader_opens.tzinfo.key == "Europe/Berlin"


def test_hours_are_saved_and_shown(fleet: Fleet) -> None:
    client, url = signed_in(fleet.manager), reverse("window-edit", args=[own(fleet).pk])
    assert client.post(url, TYPED).status_code == 302
    page = client.get(reverse("window-list")).content.decode()
    assert "Sat, Sun 22:00–04:00 (next day)" in page and "Asia/Tokyo" in page


@pytest.mark.parametrize(
    "typed", [{}, {**TYPED, "zone": "Mars/Base"}, {**TYPED, "weekdays": ["9"]},
              {**TYPED, "opens": "25:00"}, {**TYPED, "zone": "x" * 300}],
)  # fmt: skip
def test_bad_hours_are_refused_on_the_page_with_what_was_typed(
    fleet: Fleet, typed: dict[str, Any]
) -> None:
    answer = signed_in(fleet.manager).post(reverse("window-edit", args=[own(fleet).pk]), typed)
    assert answer.status_code == 422
    assert typed.get("zone", "")[:9] in answer.content.decode()


def test_preview_follows_what_is_typed_and_saves_nothing(fleet: Fleet) -> None:
    client, url = signed_in(fleet.manager), reverse("window-preview", args=[own(fleet).pk])
    assert "22:00" in client.get(url, TYPED).content.decode()
    assert "There is no time zone" in client.get(url, {**TYPED, "zone": "x"}).content.decode()
    assert "Choose at least one day" in client.get(url, {"zone": "UTC"}).content.decode()
    assert not ChangeWindow.objects.exists()


def test_unknown_zone_of_a_tenant_is_said_and_breaks_no_page(fleet: Fleet) -> None:
    Tenant.objects.filter(pk=own(fleet).pk).update(timezone="Mars/Base")
    client = signed_in(fleet.manager)
    assert "no such time zone" in client.get(reverse("window-list")).content.decode()
    page = client.get(reverse("window-edit", args=[own(fleet).pk])).content.decode()
    assert "There is no time zone “Mars/Base”" in page


def test_bad_blackout_is_refused_on_the_page(fleet: Fleet) -> None:
    client = signed_in(fleet.engineer)
    for url in (reverse("blackout-add", args=[own(fleet).pk]), reverse("blackout-everybody")):
        answer = client.post(url, {"first": "2026-12-24", "last": "2026-12-01", "reason": "Sale"})
        assert answer.status_code == 422
        assert "before the first" in answer.content.decode() and "Sale" in answer.content.decode()
        assert client.post(url, {"first": "soon"}).status_code == 422
    assert not Blackout.objects.exists()


def test_manager_meets_no_foreign_customer(fleet: Fleet) -> None:
    client = signed_in(fleet.manager)
    assert foreign(fleet).name not in client.get(reverse("window-list")).content.decode()
    assert client.get(reverse("window-edit", args=[foreign(fleet).pk])).status_code == 404
    theirs = add_blackout(foreign(fleet), first=DAY, last=DAY, reason="x", by=fleet.operator)
    assert client.post(reverse("blackout-remove", args=[theirs.pk])).status_code == 404


def test_list_asks_as_much_for_three_customers_as_for_thirty(fleet: Fleet) -> None:
    client, url = signed_in(fleet.engineer), reverse("window-list")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for n in range(27):
        tenant = Tenant.objects.create(slug=f"more-{n}", name=f"More {n}", segment="x")
        set_window(tenant, **NIGHT, by=fleet.engineer)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("days", "said"),
    [((), "never"), ((0, 1, 2, 3), "Mon–Thu 09:00–16:00"), ((5, 6), "Sat, Sun 09:00–16:00"),
     ((0, 2, 3, 4, 6), "Mon, Wed–Fri, Sun 09:00–16:00")],
)  # fmt: skip
def test_hours_are_said_as_people_say_them(days: tuple[int, ...], said: str) -> None:
    assert in_words(Hours(frozenset(days), dt.time(9), dt.time(16))) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-11-24T10:00", "open now, until Tue 24 Nov, 16:00 CET"),
        ("2026-11-24T16:00", "opens Wed 25 Nov, 09:00 CET"),
        ("2026-11-25T10:00", "open now, until Wed 25 Nov, 16:00 CET"),
        ("2026-11-26T10:00", "opens Mon 30 Nov, 09:00 CET"),
    ],
)
def test_window_says_until_when_it_is_open_or_from_when_on(
    fleet: Fleet, at: str, said: str
) -> None:
    tenant = fleet.variants[0].tenant
    assert tenant is not None
    tenant.timezone = "Europe/Berlin"
    thanksgiving = dt.date(2026, 11, 26)
    Blackout.objects.create(
        tenant=None, first=thanksgiving, last=thanksgiving, reason="x", by=fleet.engineer
    )
    moment = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)
    assert now_in_words(tenant, at=moment) == said
    tenant.timezone = "Mars/Base"
    assert now_in_words(tenant, at=moment) == ""
