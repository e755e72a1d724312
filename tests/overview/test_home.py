"""Home: my queue, the models and the fleet table."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from evals.models import EvalRun, Verdict
from fleet.campaign.models import TrackStage
from fleet.overview.columns import STATES
from fleet.overview.queue import my_queue
from fleet.review.actions import open_review
from registry.actions import announce_retirement, save_draft
from registry.models import Prompt, Tenant, User, Variant
from tests.builders import Fleet, make_user

pytestmark = pytest.mark.django_db


def names(client: Client, query: str = "") -> list[str]:
    """The customers of the fleet table, top to bottom."""
    table = client.get(f"/{query}").context["home"].table
    return [row.tenant for row in table.rows]


def give_verdict(variant: Variant, kind: str) -> EvalRun:
    """A finished run of the variant's revision with this verdict."""
    run = EvalRun.objects.create(variant=variant, revision=variant.revisions.get(), eval_hash="x")
    Verdict.objects.create(run=run, kind=kind, headline="Measured.")
    return run


@pytest.fixture
def engineer(client: Client, fleet: Fleet) -> Client:
    """A browser signed in as the prompt engineer."""
    client.force_login(fleet.engineer)
    return client


def count_queries(client: Client, url: str) -> int:
    """How many queries a page takes, once the caches that outlive a request are warm."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def grow(fleet: Fleet, count: int, prefix: str) -> None:
    """`count` more customers with variant, owner, verdict and draft each; and one review."""
    live = fleet.variants[0].revisions.get(number=1)
    for n in range(count):
        tenant = Tenant.objects.create(slug=f"{prefix}-{n}", name=f"{prefix} {n}", segment="energy")
        tenant.owners.add(fleet.manager)
        variant = Variant.objects.create(prompt=fleet.prompt, tenant=tenant)
        run = EvalRun.objects.create(variant=variant, revision=live, eval_hash="x")
        Verdict.objects.create(run=run, kind="go", headline="Measured.")
        save_draft(variant, {"tone": f"Draft {n}."}, edition=0, by=fleet.engineer)
    ask_review(fleet, f"Be {prefix}.")


def ask_review(fleet: Fleet, tone: str) -> None:
    """An open review that the manager wrote."""
    open_review(fleet.variants[0], {"tone": tone}, rationale="Asked.", by=fleet.manager)


def test_home_takes_as_many_queries_with_5_variants_as_with_50(
    client: Client, fleet: Fleet
) -> None:
    client.force_login(fleet.engineer)
    grow(fleet, 2, "early")
    few = count_queries(client, "/")
    grow(fleet, 45, "late")
    assert client.get("/").context["home"].table.count == "50 of 50"
    assert count_queries(client, "/") == few


def test_my_queue_takes_as_many_queries_with_1_review_as_with_11(fleet: Fleet) -> None:
    def look() -> tuple[int, list[int]]:
        user = User.objects.get(pk=fleet.policy_owner.pk)
        with CaptureQueriesContext(connection) as queries:
            counts = [group.count for group in my_queue(user)]
        return len(queries), counts

    ask_review(fleet, "Be first.")
    few, _ = look()
    for n in range(10):
        ask_review(fleet, f"Be number {n}.")
    assert look() == (few, [11])


def test_home_orders_by_revenue_when_nothing_is_asked(engineer: Client) -> None:
    assert names(engineer) == ["Tenant 2", "Tenant 1", "Tenant 0"]


@pytest.mark.parametrize(
    ("sort", "first"), [("tenant", "Tenant 0"), ("-tenant", "Tenant 2"), ("-owner", "Tenant 0")]
)
def test_home_sorts_by_the_column_of_the_address(engineer: Client, sort: str, first: str) -> None:
    assert names(engineer, f"?sort={sort}")[0] == first


@pytest.mark.parametrize(
    "sort", ["segment", "locale", "revision", "model", "days", "verdict", "state"]
)
def test_home_sorts_by_every_column(engineer: Client, sort: str) -> None:
    assert len(names(engineer, f"?sort={sort}")) == len(names(engineer, f"?sort=-{sort}")) == 3


def test_states_of_a_migration_are_called_as_on_its_board() -> None:
    more = {
        "queued": "Move queued", "scheduled": "Publish scheduled", "deferred": "Move deferred",
        "rolled_back": "Move rolled back", "canary": "Canary running",
    }  # fmt: skip
    for stage in TrackStage:
        if stage.value in STATES:
            assert STATES[stage.value] == more.get(stage.value, stage.label)


def test_home_ignores_a_sort_that_is_not_a_column(engineer: Client) -> None:
    assert names(engineer, "?sort=tenant__owners__password") == names(engineer)


def test_home_filters_by_segment(engineer: Client) -> None:
    assert names(engineer, "?segment=health") == ["Tenant 1"]


def test_home_filters_orphaned_customers(engineer: Client) -> None:
    assert names(engineer, "?owner=none") == ["Tenant 2"]


def test_home_marks_orphaned_customers(engineer: Client) -> None:
    assert engineer.get("/?q=tenant-2").content.decode().count("no owner") == 1


def test_home_filters_by_owner(engineer: Client) -> None:
    assert names(engineer, "?owner=customer_success") == ["Tenant 1", "Tenant 0"]


def test_home_filters_by_last_verdict(engineer: Client, fleet: Fleet) -> None:
    give_verdict(fleet.variants[1], "no_go")
    assert names(engineer, "?verdict=no_go") == ["Tenant 1"]
    assert names(engineer, "?verdict=none") == ["Tenant 2", "Tenant 0"]


def test_home_shows_the_newest_verdict(engineer: Client, fleet: Fleet) -> None:
    give_verdict(fleet.variants[1], "no_go")
    newest = give_verdict(fleet.variants[1], "go")
    row = engineer.get("/?q=tenant-1").context["home"].table.rows[0]
    assert (row.verdict, row.run) == ("go", newest.pk)


def test_a_row_escapes_what_people_type_and_follows_each_change(
    engineer: Client, fleet: Fleet
) -> None:
    for name in ("<b>Bold</b>", "Plain"):
        Tenant.objects.filter(slug="tenant-1").update(name=name, segment=name)
        page = engineer.get("/?q=tenant-1").content.decode()
        assert (f">{escape(name)}</a>" in page, "<b>Bold" in page) == (True, False)


def test_home_finds_by_slug_and_says_how_many(engineer: Client) -> None:
    table = engineer.get("/?q=TENANT-1").context["home"].table
    assert [row.tenant for row in table.rows] == ["Tenant 1"]
    assert table.count == "1 of 3"


def test_home_marks_what_serves_without_evidence(engineer: Client) -> None:
    assert "adopted, no evidence" in engineer.get("/?q=tenant-1").content.decode()


def test_default_line_counts_customers_without_a_variant(engineer: Client) -> None:
    Tenant.objects.create(slug="new", name="New", segment="retail", annual_revenue=150_000)
    line = engineer.get("/").context["home"].default
    assert (line.tenants, line.share) == (1, pytest.approx(0.2))


def test_revenue_share_is_of_all_customers(engineer: Client) -> None:
    row = engineer.get("/?q=tenant-2").context["home"].table.rows[0]
    assert row.share == pytest.approx(0.5)


def test_models_count_variants_and_revenue_at_risk(engineer: Client, fleet: Fleet) -> None:
    line = next(x for x in engineer.get("/").context["home"].targets if x.target == fleet.old)
    assert (line.variants, line.revenue, line.share) == (3, 600_000, pytest.approx(1.0))


def test_home_offers_to_plan_the_move_when_the_end_is_near(engineer: Client, fleet: Fleet) -> None:
    assert "Plan the move" not in engineer.get("/").content.decode()
    soon = timezone.localdate() + dt.timedelta(days=40)
    announce_retirement(fleet.old, retires_on=soon, source="Their page", by=fleet.engineer)
    page = engineer.get("/").content.decode()
    assert f"?source={fleet.old.pk}" in page
    assert "40 days left" in page


def test_home_lists_my_drafts(engineer: Client, fleet: Fleet) -> None:
    save_draft(fleet.variants[0], {"tone": "Soon."}, edition=0, by=fleet.engineer)
    (group,) = engineer.get("/").context["home"].queue
    assert (group.state, group.count) == ("draft", 1)


def test_queue_leaves_out_reviews_of_ones_own_words(fleet: Fleet) -> None:
    open_review(fleet.variants[0], {"tone": "Brief."}, rationale="Asked.", by=fleet.engineer)
    assert not my_queue(fleet.engineer)
    assert [group.state for group in my_queue(fleet.policy_owner)] == ["open"]


def test_home_shows_a_manager_their_own_customers_only(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.manager)
    assert names(client) == ["Tenant 1", "Tenant 0"]
    assert names(client, "?q=tenant-2") == []
    assert "Platform default" not in client.get("/").content.decode()


def test_home_of_an_empty_house_says_what_it_is_for(client: Client, db: None) -> None:
    client.force_login(make_user("viewer"))
    assert "No prompt yet" in client.get("/").content.decode()


def test_home_refuses_an_unknown_prompt(engineer: Client) -> None:
    assert engineer.get("/?prompt=nope").status_code == 404


def test_home_opens_the_prompt_with_most_variants(engineer: Client) -> None:
    Prompt.objects.create(slug="aaa", name="First by name")
    assert engineer.get("/").context["home"].prompt.slug == "support-triage"
