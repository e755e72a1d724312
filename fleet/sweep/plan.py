"""What a sweep would measure, why, and what that takes: read before anything starts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Length

from evals.budget import ANSWER_TOKENS, BYTES_A_TOKEN
from evals.models import SweepKind
from evals.views.progress import price
from fleet.blast.models import BlastRadius, BlastStage
from fleet.blast.table import KINDS
from fleet.campaign.estimate import suite_sizes
from fleet.release.models import Release, Stage
from fleet.sweep.tiers import EVERYBODY, Candidate, Pick, everybody, largest_and_named
from registry.days import day
from registry.models import BaseVersion, ModelTarget, PolicyVersion, PromptKind, VariantStage

CALLS_A_SECOND = 25.0
"""Assumed pace of a provider for the time shown; a run's own page tells the real one."""


@dataclass(frozen=True)
class Plan:
    """A sweep that has not started. `usd` is None where a price is unknown; `seconds` a guess.

    `payload` names the new layer that a revision is frozen with; empty: what is live is measured.
    """

    kind: SweepKind
    key: str
    why: str
    tier: int
    picks: list[Pick]
    out_of: int
    calls: int
    usd: Decimal | None
    payload: dict[str, Any]

    @property
    def seconds(self) -> float:
        """How long the calls take at the assumed pace."""
        return self.calls / CALLS_A_SECOND


def plan_base(version: BaseVersion) -> Plan:
    """The variants that serve this line of the base, under its new version."""
    live = _live().filter(revision__base_version__base=version.base)
    named = _named({"base": version.base}, version.sha256)
    why = f"Base {version.base.prompt.slug} {version.semver} was published."
    return _plan(
        SweepKind.BASE, f"base:{version.pk}", why, live, named=named, arms=2,
        payload={"base": version.pk},
    )  # fmt: skip


def plan_policy(version: PolicyVersion) -> Plan:
    """The variants under this policy, under its new version."""
    live = _live().filter(revision__policy_version__policy=version.policy)
    named = _named({"policy": version.policy}, version.sha256)
    why = f"{version.policy} version {version.number} was published."
    return _plan(
        SweepKind.POLICY, f"policy:{version.pk}", why, live, named=named, arms=2,
        payload={"policy": version.pk},
    )  # fmt: skip


def plan_model(target: ModelTarget) -> Plan:
    """Who is pinned to a model that goes: measured while it still answers."""
    live = _live().filter(revision__model_target=target)
    on = f" on {day(target.retires_on)}" if target.retires_on else ""
    why = (
        f"{target} is retired{on}. Its answers are recorded while it still gives any: they are "
        "what every successor is compared with."
    )
    return _plan(SweepKind.MODEL, f"model:{target.pk}:{target.retires_on}", why, live)


def plan_library(month: dt.date) -> Plan:
    """Everything that is live, once a month."""
    why = f"Monthly run over the library, {month:%B %Y}."
    return _plan(SweepKind.LIBRARY, f"library:{month:%Y-%m}", why, _live(), all_of_them=True)


def _live() -> QuerySet[Release]:
    """What answers callers; a judge is held against people's labels instead."""
    return Release.objects.filter(
        stage=Stage.LIVE, variant__stage=VariantStage.ACTIVE, variant__prompt__kind=PromptKind.TASK
    )


def _plan(
    kind: SweepKind,
    key: str,
    why: str,
    live: QuerySet[Release],
    *,
    named: dict[int, str] | None = None,
    arms: int = 1,
    payload: dict[str, Any] | None = None,
    all_of_them: bool = False,
) -> Plan:
    rows = list(
        live.annotate(chars=Length("revision__text")).values_list(
            "variant_id", "variant__prompt_id", "variant__tenant_id",
            "variant__tenant__annual_revenue", "revision__model_target_id", "chars",
        )
    )  # fmt: skip
    candidates = [
        Candidate(variant, revenue, (named or {}).get(variant, ""))
        for variant, _, _, revenue, _, _ in rows
    ]
    picks = everybody(candidates) if all_of_them else largest_and_named(candidates)
    chosen = {pick.variant for pick in picks}
    calls, usd = _cost([row for row in rows if row[0] in chosen], arms)
    tier = EVERYBODY if all_of_them else 2
    return Plan(kind, key, why, tier, picks, len(rows), calls, usd, payload or {})


def _cost(rows: Sequence[tuple[Any, ...]], arms: int) -> tuple[int, Decimal | None]:
    """Calls of all arms and what they cost at the model targets' prices; one query for sizes."""
    sizes = suite_sizes({prompt for _, prompt, *_ in rows})
    targets = ModelTarget.objects.in_bulk({target for *_, target, _ in rows})
    calls, total = 0, Decimal(0)
    unknown = False
    for _, prompt, tenant, _, target, chars in rows:
        cases = sizes.get((prompt, None), 0) + (sizes.get((prompt, tenant), 0) if tenant else 0)
        calls += cases * arms
        usd = price(
            targets[target], cases * arms * chars // BYTES_A_TOKEN, cases * arms * ANSWER_TOKENS
        )
        unknown = unknown or usd is None
        total += usd or Decimal(0)
    return calls, None if unknown else total


def _named(line: dict[str, Any], sha256: str) -> dict[int, str]:
    """Whom the newest dry run of just this text found something against."""
    tried = BlastRadius.objects.filter(**line, sha256=sha256, stage=BlastStage.DONE).first()
    if tried is None:
        return {}
    hit = KINDS["breaks"] | KINDS["warns"] | KINDS["problem"]
    return dict.fromkeys(
        tried.rows.filter(hit).values_list("variant_id", flat=True),
        "The dry run found something against its overlay",
    )
