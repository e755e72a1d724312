"""Rows that the ledger adds up, written without the machinery that makes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from evals.models import Arm, Case, CaseResult, EvalRun, Outcome, RunStage, SuiteVersion
from fleet.campaign.models import Track
from registry.models import Event, Revision, Tenant, Variant


def ran(variant: Variant, *costs: str | None, days_ago: int = 1, **fields: Any) -> EvalRun:
    """An ended run of the variant whose calls cost so much; None: the price is unknown."""
    revision = fields.pop("revision", None) or variant.revisions.latest("number")
    run = EvalRun.objects.create(
        variant=variant, revision=revision, eval_hash="x",
        **{"stage": RunStage.DONE, "finished_at": timezone.now()} | fields,
    )  # fmt: skip
    back_date(run, "started_at", days_ago)
    cases = Case.objects.filter(suite_version=SuiteVersion.objects.first())[: len(costs)]
    CaseResult.objects.bulk_create(
        CaseResult(
            run=run, arm=Arm.CANDIDATE, case=case, outcome=Outcome.ANSWERED, answer="x", score=1,
            cost=None if cost is None else Decimal(cost),
        )
        for case, cost in zip(cases, costs, strict=True)
    )  # fmt: skip
    return run


def moved(track: Track, *stages: tuple[str, float]) -> None:
    """The track's way as the trail has it: (stage, days ago) each, the earliest first."""
    origin = ""
    for stage, days_ago in stages:
        event = Event.objects.create(
            verb=f"track.{stage}", subject_type="track", subject_id=str(track.pk),
            variant_id=track.variant_id, data={"origin": origin},
        )  # fmt: skip
        back_date(event, "at", days_ago)
        origin = stage


def back_date(row: Any, column: str, days: float) -> None:
    """Say that it happened earlier, past the guards of what cannot be changed."""
    then = timezone.now() - dt.timedelta(days=days)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f'UPDATE "{row._meta.db_table}" SET "{column}" = %s WHERE id = %s',
            [then, row.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def put(track: Track, stage: str) -> None:
    """Stand the track on a stage, past the guards of the way there."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE fleet_track SET stage = %s WHERE id = %s", [stage, track.pk])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def more_forks(variant: Variant, count: int, prefix: str = "more") -> None:
    """So many customers more, each with a variant and a revision like this one's."""
    tenants = Tenant.objects.bulk_create(
        Tenant(slug=f"{prefix}-{n}", name=f"{prefix} {n:02}", segment="retail", annual_revenue=n)
        for n in range(count)
    )
    variants = Variant.objects.bulk_create(
        Variant(prompt=variant.prompt, tenant=tenant) for tenant in tenants
    )
    like = variant.revisions.get(number=1)
    pins = {name: getattr(like, f"{name}_id") for name in ("policy_version", "base_version")}
    Revision.objects.bulk_create(
        Revision(
            variant=one, number=1, text=like.text, sha256=like.sha256, author_id=like.author_id,
            model_target_id=like.model_target_id, **{f"{k}_id": v for k, v in pins.items()},
        )
        for one in variants
    )  # fmt: skip
