"""The pages of a dry run: progress, figures that filter, one variant, a table to take away."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fleet.blast.actions import start_dry_run
from fleet.blast.models import BlastRadius, BlastStage
from registry.models import Base, Tenant, User
from tests.blast.trying import (
    base_draft,
    forbid,
    policy_draft,
    run,
    try_base,
    try_policy,
    with_slot,
)
from tests.builders import Fleet, usual_fleet

pytestmark = pytest.mark.django_db


def page(user: User, radius: BlastRadius, query: str = "") -> str:
    """The page as this person reads it."""
    client = Client()
    client.force_login(user)
    answer = client.get(radius.get_absolute_url() + query)
    assert answer.status_code == 200
    return answer.content.decode()


def named(text: str, fleet: Fleet) -> list[int]:
    """Which of the fleet's variants the table lists, by place."""
    return [n for n, one in enumerate(fleet.variants) if f'title="{one}"' in text]


def test_a_waiting_run_asks_again_each_second_and_a_finished_one_does_not(fleet: Fleet) -> None:
    radius = start_dry_run(by=fleet.engineer, base=Base.objects.get(), document=base_draft())
    progress = reverse("blast-progress", args=[radius.pk])
    assert f'hx-get="{progress}"' in page(fleet.engineer, radius)
    run(radius)
    assert progress not in page(fleet.engineer, radius)
    client = Client()
    client.force_login(fleet.engineer)
    polled = client.get(progress).content.decode()
    assert 'hx-trigger="load"' in polled
    assert 'hx-trigger="every' not in polled


def test_the_result_is_said_in_one_sentence(fleet: Fleet) -> None:
    radius = try_policy(fleet.policy_owner, policy_draft(forbid("variant 2")))
    said = "Of 4 live variants no text changes; 1 would newly be blocked."
    assert said in page(fleet.policy_owner, radius)


def test_nothing_that_happens_is_said_too(fleet: Fleet) -> None:
    assert "Nothing happens to anyone" in page(
        fleet.engineer, try_base(fleet.engineer, base_draft())
    )


def test_a_tile_filters_the_table(fleet: Fleet) -> None:
    rules = policy_draft(forbid("variant 2"), forbid("formal", severity="review"))
    radius = try_policy(fleet.policy_owner, rules)
    assert named(page(fleet.viewer, radius), fleet) == [0, 1, 2]
    assert named(page(fleet.viewer, radius, "?show=breaks"), fleet) == [2]
    assert named(page(fleet.viewer, radius, "?rule=no-variant 2"), fleet) == [2]
    assert named(page(fleet.viewer, radius, "?segment=health"), fleet) == [1]
    assert named(page(fleet.viewer, radius, "?q=tenant 0"), fleet) == [0]


def test_the_table_begins_with_trouble_and_sorts_by_its_address(fleet: Fleet) -> None:
    rules = policy_draft(forbid("variant 0"), forbid("formal", severity="review"))
    radius = try_policy(fleet.policy_owner, rules)

    def order(query: str) -> list[int]:
        text = page(fleet.viewer, radius, query)
        return sorted(range(3), key=lambda n: text.index(f'title="{fleet.variants[n]}"'))

    assert order("") == [0, 2, 1]
    assert order("?sort=revenue") == [0, 1, 2]
    assert order("?sort=-revenue") == [2, 1, 0]


def test_a_manager_sees_own_customers_only(fleet: Fleet) -> None:
    radius = try_policy(fleet.policy_owner, policy_draft(forbid("formal")))
    text = page(fleet.manager, radius)
    assert named(text, fleet) == [0, 1]
    assert "Of your customers" in text
    assert "3 would" not in text
    client = Client()
    client.force_login(fleet.manager)
    foreign = radius.rows.get(variant=fleet.variants[2])
    assert client.get(reverse("blast-row", args=[foreign.pk])).status_code == 404
    csv = b"".join(client.get(reverse("blast-export", args=[radius.pk])).streaming_content)  # type: ignore[attr-defined]
    assert b"Tenant 2" not in csv


def test_one_variant_shows_both_texts_and_each_finding(fleet: Fleet) -> None:
    client = Client()
    client.force_login(fleet.engineer)
    radius = try_base(fleet.engineer, base_draft(text="New start.\n\n{{> tone}}\n{{> citations}}"))
    row = radius.rows.get(variant=fleet.variants[0])
    text = client.get(reverse("blast-row", args=[row.pk])).content.decode()
    assert "Under this draft" in text
    assert "New" in text
    radius = try_policy(fleet.policy_owner, policy_draft(forbid("variant 0")))
    row = radius.rows.get()
    text = client.get(reverse("blast-row", args=[row.pk])).content.decode()
    assert "no-variant 0" in text
    assert '<q class="finding-quote">variant 0</q>' in text


def test_a_slot_that_is_gone_is_explained(fleet: Fleet) -> None:
    client = Client()
    client.force_login(fleet.engineer)
    radius = try_base(fleet.engineer, base_draft(text="Plain.", slots=[]))
    row = radius.rows.get(variant=fleet.variants[0])
    text = client.get(reverse("blast-row", args=[row.pk])).content.decode()
    assert "It would not compose" in text


def test_the_table_to_take_away_is_filtered_and_runs_no_formula(fleet: Fleet) -> None:
    Tenant.objects.filter(slug="tenant-0").update(name="=cmd()")
    radius = try_policy(fleet.policy_owner, policy_draft(forbid("formal")))
    client = Client()
    client.force_login(fleet.engineer)
    answer: Any = client.get(reverse("blast-export", args=[radius.pk]), {"q": "cmd"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert "'=cmd()" in lines[1]
    assert "no-formal" in lines[1]


def test_only_an_author_stops_a_run(fleet: Fleet) -> None:
    radius = start_dry_run(by=fleet.engineer, base=Base.objects.get(), document=base_draft())
    url = reverse("blast-cancel", args=[radius.pk])
    client = Client()
    client.force_login(fleet.viewer)
    assert client.post(url).status_code == 403
    client.force_login(fleet.engineer)
    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 409
    radius.refresh_from_db()
    assert radius.stage == BlastStage.CANCELLED


@pytest.mark.parametrize("query", ["", "?show=text", "?sort=-revenue"])
def test_queries_do_not_grow_with_the_rows(query: str, db: None) -> None:
    fleet = usual_fleet(tenants=12)
    few = _queries(fleet, try_base(fleet.engineer, with_slot("tone", default="Be warm.")), query)
    many = try_base(fleet.engineer, base_draft(text="Other.\n{{> tone}}\n{{> citations}}"))
    assert _queries(fleet, many, query) == few


def _queries(fleet: Fleet, radius: BlastRadius, query: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        page(fleet.engineer, radius, query)
    return len(asked)
