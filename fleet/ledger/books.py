"""Every fork's line, read in a number of queries that does not grow with the fleet.

Sorting and adding up need all of them, so all are read at once and kept until something
happens: the next page and the next filter cost no query here.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db.models import BigIntegerField, Max, Min, QuerySet, Sum
from django.db.models.functions import Cast, Extract

from evals.coverage import variants_without_slice
from evals.models import EvalRun
from fleet.ledger import rates
from fleet.ledger.calls import NOTHING, spent_by_variant
from fleet.ledger.incidents import NONE, incidents_by_variant, minutes_by_variant
from fleet.ledger.lines import Line, Owner
from fleet.ledger.models import Effort
from fleet.ledger.period import Period
from fleet.ledger.waits import Waited, track_events, waited
from registry.drift import Drift
from registry.kept import Kept
from registry.models import (
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

KEPT_AT_MOST = 16
"""People's reaches times periods."""

SOME = 1_000
"""Lines asked about one by one; of more, all of the prompt are read."""

_kept = Kept[list[Line]](KEPT_AT_MOST)


def forks_of(user: User) -> QuerySet[Variant]:
    """Customers' variants within a person's reach that are not retired."""
    mine = Variant.objects.visible_to(user).filter(tenant__isnull=False)
    return mine.filter(prompt__kind=PromptKind.TASK).exclude(stage=VariantStage.RETIRED)


def lines_of(user: User, period: Period) -> list[Line]:
    """The line of each fork this person may see, as of now."""
    key = (user.pk if user.sees_own_tenants_only else 0, period.key)
    reach = Variant.objects.visible_to(user)
    return _kept.get(key, lambda: read_lines(forks_of(user), reach, user, period.since))


def read_lines(
    variants: QuerySet[Variant], reach: QuerySet[Variant], user: User, since: dt.datetime
) -> list[Line]:
    """The lines of these forks without their drift, for customers whole; not kept.

    Sums are read over `reach`, which holds them all and is the cheaper one to ask for.
    """
    rows = list(
        variants.order_by("tenant__name", "prompt__slug", "locale", "lane").values_list(
            "pk", "tenant_id", "tenant__name", "tenant__slug", "tenant__segment",
            "tenant__annual_revenue", "tenant__locale", "prompt__slug", "locale", "lane",
        )
    )  # fmt: skip
    forks = Counter(row[1] for row in rows)
    owners = _owners(reach)
    without_slice = set(variants_without_slice(user).order_by().values_list("pk", flat=True))
    spent = spent_by_variant(EvalRun.objects.filter(variant__in=reach, started_at__gte=since))
    hours = hours_by_variant(reach, since)
    waits = waited(track_events().filter(variant__in=reach), "variant_id", since)
    incidents = incidents_by_variant(reach, since)
    ages = _ages(reach)
    return [
        Line(
            pk, tenant, name, slug, segment, prompt, locale, lane, _suffix(home, locale, lane),
            revenue, forks[tenant], owners.get(tenant, ()), pk not in without_slice,
            spent.get(pk, NOTHING), hours.get(pk, rates.ZERO), waits.get(pk, Waited()),
            incidents.get(pk, NONE), None, 0, *ages.get(pk, (None, None)),
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


def with_drift(lines: Sequence[Line], user: User) -> list[Line]:
    """The lines with how far what is live is from its base; two queries a prompt.

    Two more while this process meets a version for the first time. Of all lines it takes as
    long as all else, so a page asks for its own alone, unless it is sorted by it.
    """
    found: dict[int, tuple[Drift, int]] = {}
    of_prompt: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        of_prompt[line.prompt].append(line.variant_id)
    for prompt in Prompt.objects.filter(slug__in=of_prompt):
        some = of_prompt[prompt.slug]
        for row in rows_of(user, prompt, some if len(some) <= SOME else None):
            found[row.variant_id] = row.drift, row.behind
    none = (None, 0)
    return [
        line._replace(drift=drift, behind=behind)
        for line in lines
        for drift, behind in [found.get(line.variant_id, none)]
    ]


def _owners(variants: QuerySet[Variant]) -> Mapping[int, tuple[Owner, ...]]:
    """Tenant -> who owns it and still works here; two queries."""
    pairs = Tenant.owners.through.objects.filter(tenant__in=variants.values("tenant"))
    people = {
        user.pk: Owner(user.username, user.display_name)
        for user in User.objects.filter(is_active=True, tenants__isnull=False).distinct()
    }
    found: dict[int, list[Owner]] = defaultdict(list)
    for tenant, user in pairs.values_list("tenant_id", "user_id"):
        if user in people:
            found[tenant].append(people[user])
    return {tenant: tuple(sorted(owners)) for tenant, owners in found.items()}


def _ages(variants: QuerySet[Variant]) -> dict[int, tuple[int, int]]:
    """Variant -> when its first and its newest revision were made, in seconds since 1970."""
    at = Cast(Extract("created_at", "epoch"), BigIntegerField())
    rows = (
        Revision.objects.filter(variant__in=variants)
        .order_by()
        .values("variant")
        .annotate(first=Min(at), last=Max(at))
    )
    return {pk: (first, last) for pk, first, last in rows.values_list("variant", "first", "last")}


def _suffix(home: str, locale: str, lane: str) -> str:
    """As `Variant.suffix` has it."""
    parts = [locale] if locale != home else []
    if lane != Lane.PRIMARY:
        parts.append(Lane(lane).label.lower())
    return f" ({', '.join(parts)})" if parts else ""
