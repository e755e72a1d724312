"""Every fork's line, read in a number of queries that does not grow with the fleet.

Sorting and adding up need all of them, so all are read at once and kept until something
happens, at most KEPT_SECONDS: the next page and the next filter cost no query here.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Exists, Max, Min, OuterRef, QuerySet, Sum

from evals.coverage import variants_without_slice
from evals.models import EvalRun
from fleet.ledger import rates
from fleet.ledger.calls import NOTHING, spent_by_variant
from fleet.ledger.incidents import NONE, incidents_by_variant, minutes_by_variant
from fleet.ledger.lines import Line, Owner
from fleet.ledger.models import Effort
from fleet.ledger.period import Period
from fleet.ledger.waits import Waited, track_events, waited
from registry.models import (
    Event,
    Lane,
    Prompt,
    PromptKind,
    Revision,
    Tenant,
    User,
    Variant,
    VariantStage,
)
from registry.views.drift_rows import rows_of

KEPT_SECONDS = 10.0
"""For what leaves no event and no history: the calls of a run that goes on."""

KEPT_AT_MOST = 16
"""People's reaches times periods."""

_kept: dict[tuple[int, str], tuple[object, float, list[Line]]] = {}


def forks_of(user: User) -> QuerySet[Variant]:
    """Customers' variants within a person's reach that are not retired."""
    mine = Variant.objects.visible_to(user).filter(tenant__isnull=False)
    return mine.filter(prompt__kind=PromptKind.TASK).exclude(stage=VariantStage.RETIRED)


def lines_of(user: User, period: Period) -> list[Line]:
    """The line of each fork this person may see, as of now."""
    key = (user.pk if user.sees_own_tenants_only else 0, period.key)
    moment = _moment() if settings.KEEP_FIGURES else None
    kept = _kept.get(key)
    if moment and kept and kept[0] == moment and time.monotonic() - kept[1] < KEPT_SECONDS:
        return kept[2]
    found = read_lines(user, forks_of(user), period.since)
    if moment:
        if len(_kept) >= KEPT_AT_MOST:
            _kept.clear()
        _kept[key] = moment, time.monotonic(), found
    return found


def _moment() -> tuple[object, ...]:
    """Differs after anything was done, or a customer or a person was edited."""
    newest = [Event.objects.aggregate(newest=Max("id"))]
    edited = (Tenant.history, Variant.history)  # type: ignore[attr-defined]
    newest += [history.aggregate(newest=Max("history_id")) for history in edited]
    return tuple(one["newest"] for one in newest)


def read_lines(user: User, variants: QuerySet[Variant], since: dt.datetime) -> list[Line]:
    """The lines of these forks, each customer's whole so that `forks` is right; not kept."""
    rows = list(
        variants.order_by("tenant__name", "prompt__slug", "locale", "lane").values_list(
            "pk", "tenant_id", "tenant__name", "tenant__slug", "tenant__segment",
            "tenant__annual_revenue", "tenant__locale", "prompt__slug", "locale", "lane",
        )
    )  # fmt: skip
    forks = Counter(row[1] for row in rows)
    owners = _owners(variants)
    without_slice = set(variants_without_slice(user).order_by().values_list("pk", flat=True))
    spent = spent_by_variant(EvalRun.objects.filter(variant__in=variants, started_at__gte=since))
    hours = hours_by_variant(variants, since)
    waits = waited(track_events().filter(variant__in=variants), "variant_id", since)
    incidents = incidents_by_variant(variants, since)
    drifts = _drifts(user, variants)
    ages = _ages(variants)
    return [
        Line(
            pk, tenant, name, slug, segment, prompt, locale, lane, _suffix(home, locale, lane),
            revenue, forks[tenant], owners.get(tenant, ()), pk not in without_slice,
            spent.get(pk, NOTHING), hours.get(pk, rates.ZERO), waits.get(pk, Waited()),
            incidents.get(pk, NONE), *drifts.get(pk, (None, 0)), *ages.get(pk, (None, None)),
        )
        for pk, tenant, name, slug, segment, revenue, home, prompt, locale, lane in rows
    ]  # fmt: skip


def hours_by_variant(variants: QuerySet[Variant], since: dt.datetime) -> dict[int, Decimal]:
    """Variant -> hours noted for it, with what its feedback took; two queries."""
    noted = Effort.objects.filter(variant__in=variants, on__gte=since.date())
    sums = noted.order_by().values("variant").annotate(whole=Sum("hours"))
    found: dict[int, Decimal] = dict(sums.values_list("variant", "whole"))
    for pk, minutes in minutes_by_variant(variants, since).items():
        found[pk] = found.get(pk, rates.ZERO) + rates.hours_of(minutes)
    return found


def _owners(variants: QuerySet[Variant]) -> Mapping[int, tuple[Owner, ...]]:
    """Tenant -> who owns it and still works here."""
    mine = Tenant.objects.filter(Exists(variants.filter(tenant=OuterRef("pk"))))
    pairs: Iterable[Any] = Tenant.owners.through.objects.filter(
        tenant__in=mine, user__is_active=True
    ).select_related("user")
    found: dict[int, list[Owner]] = defaultdict(list)
    for pair in pairs:
        found[pair.tenant_id].append(Owner(pair.user.username, pair.user.display_name))
    return {tenant: tuple(sorted(owners)) for tenant, owners in found.items()}


def _drifts(user: User, variants: QuerySet[Variant]) -> dict[int, tuple[Any, int]]:
    """Variant -> how far what is live is from its base, and how many versions behind."""
    prompts = Prompt.objects.filter(Exists(variants.filter(prompt=OuterRef("pk"))))
    return {
        row.variant_id: (row.drift, row.behind)
        for prompt in prompts
        for row in rows_of(user, prompt)
    }


def _ages(variants: QuerySet[Variant]) -> dict[int, tuple[Any, Any]]:
    """Variant -> when its first and its newest revision were made."""
    rows = (
        Revision.objects.filter(variant__in=variants)
        .order_by()
        .values("variant")
        .annotate(first=Min("created_at"), last=Max("created_at"))
    )
    return {pk: (first, last) for pk, first, last in rows.values_list("variant", "first", "last")}


def _suffix(home: str, locale: str, lane: str) -> str:
    """As `Variant.suffix` has it."""
    parts = [locale] if locale != home else []
    if lane != Lane.PRIMARY:
        parts.append(Lane(lane).label.lower())
    return f" ({', '.join(parts)})" if parts else ""
