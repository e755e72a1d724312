"""The page that opens a roll-out: who is behind, and which of them move now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404

from fleet.blast.models import BlastRadius, BlastStage
from fleet.campaign.estimate import suite_sizes
from fleet.campaign.lists import LONGEST_ID
from fleet.campaign.models import Campaign, Cause
from fleet.campaign.reach import is_current, owned_behind, releases_behind
from registry.models import BaseVersion, PolicyVersion, Variant

Version = BaseVersion | PolicyVersion

WAYS = {
    "all": "All of them",
    "segment": "One segment",
    "smallest": "The smallest accounts first",
    "ticked": "Those ticked below",
}
"""How a person may choose: `?way=` and its words."""

SHOWN = 300
"""Rows listed to be ticked; more are chosen by segment or size."""


@dataclass(frozen=True)
class Behind:
    """One variant that could move. Revenue in EUR a year; `trouble` as the dry run saw it."""

    variant: int
    segment: str
    revenue: Decimal | None
    stands_on: str
    prompt: int
    tenant: int | None
    trouble: str


def version_of(query: QueryDict) -> Version:
    """The version that the address names; 404 for none."""
    policy = _pk(query.get("policy", ""))
    if policy:
        return get_object_or_404(PolicyVersion.objects.select_related("policy__prompt"), pk=policy)
    bases = BaseVersion.objects.select_related("base__prompt")
    return get_object_or_404(bases, pk=_pk(query.get("base", "")))


def _pk(text: str) -> int:
    """The id that is meant, 0 for nonsense."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < LONGEST_ID else 0


def behind(version: Version) -> list[Behind]:
    """Everybody who could move, the largest accounts first; plain values, for large fleets."""
    stands_on = (
        "revision__base_version__semver" if isinstance(version, BaseVersion)
        else "revision__policy_version__number"
    )  # fmt: skip
    trouble = _trouble(version)
    rows = releases_behind(version).select_related(None).values_list(
        "variant_id", "variant__tenant__segment", "variant__tenant__annual_revenue", stands_on,
        "variant__prompt_id", "variant__tenant_id",
    )  # fmt: skip
    found = [
        Behind(pk, segment or "", revenue, str(on), prompt, tenant, trouble.get(pk, ""))
        for pk, segment, revenue, on, prompt, tenant in rows
    ]
    return sorted(found, key=lambda one: -(one.revenue or Decimal(-1)))


def named(rows: Sequence[Behind]) -> list[tuple[str, Behind]]:
    """The rows with their variants' names; one query."""
    variants = Variant.objects.select_related("tenant", "prompt").in_bulk(
        [one.variant for one in rows]
    )
    return [(str(variants[one.variant]), one) for one in rows]


def _trouble(version: Version) -> dict[int, str]:
    """Variants that the newest dry run of exactly this content saw in trouble, in words."""
    line = {"base": version.base_id} if isinstance(version, BaseVersion) else {
        "policy": version.policy_id
    }  # fmt: skip
    radius = BlastRadius.objects.filter(**line, sha256=version.sha256, stage=BlastStage.DONE)
    newest = radius.first()
    if newest is None:
        return {}
    told = newest.rows.order_by().values_list("variant_id", "problem", "breaks")
    return {
        variant: "does not compose" if problem else "newly blocked"
        for variant, problem, breaks in told
        if problem or breaks
    }


def chosen(rows: Sequence[Behind], given: QueryDict) -> list[int]:
    """The variants that a form names; none for nonsense."""
    way = given.get("way", "")
    if way == "all":
        return [one.variant for one in rows]
    if way == "segment":
        return [one.variant for one in rows if one.segment == given.get("segment")]
    if way == "smallest":
        return [one.variant for one in _smallest(rows)[: _number(given.get("number", ""))]]
    ticked = set(given.getlist("variants"))
    return [one.variant for one in rows if str(one.variant) in ticked]


def _smallest(rows: Sequence[Behind]) -> list[Behind]:
    """Customers by revenue, smallest first; the platform default, which serves many, last."""
    return sorted(rows, key=lambda one: (one.tenant is None, one.revenue or Decimal(0)))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def context(request: HttpRequest, version: Version, rows: Sequence[Behind]) -> dict[str, Any]:
    """The form as it is filled in, and what the choice sets going."""
    given = request.POST if request.method == "POST" else request.GET.copy()
    if request.method != "POST" and given.get("way") not in WAYS:
        given["way"] = "ticked" if given.getlist("variants") else "all"
    picks = set(chosen(rows, given))
    way = given.get("way", "")
    segments: dict[str, int] = {}
    for one in rows:
        segments[one.segment] = segments.get(one.segment, 0) + 1
    return {
        "version": version,
        "layer": "base" if isinstance(version, BaseVersion) else "policy",
        "what": what_of(version),
        "is_current": is_current(version),
        "rows": named(rows[:SHOWN]),
        "hidden": max(0, len(rows) - SHOWN),
        "total": len(rows),
        "owned": owned_behind(version),
        "ways": WAYS,
        "way": way if way in WAYS else "ticked",
        "segment": given.get("segment", ""),
        "segments": sorted((name, count) for name, count in segments.items() if name),
        "number": given.get("number", "") or min(5, len(rows)),
        "ticked": set(given.getlist("variants")),
        "name": given.get("name", ""),
        "picked": len(picks),
        "troubled": sum(bool(one.trouble) for one in rows if one.variant in picks),
        "calls": calls([one for one in rows if one.variant in picks]),
    }


def what_of(version: Version) -> str:
    """What is rolled out, as the campaign calls it."""
    if isinstance(version, BaseVersion):
        return Campaign(cause=Cause.BASE, base_version=version).goal
    return Campaign(cause=Cause.POLICY, policy_version=version).goal


def calls(rows: Sequence[Behind]) -> int:
    """Model calls to measure these, both arms; one query."""
    sizes = suite_sizes({one.prompt for one in rows})
    return 2 * sum(
        sizes.get((one.prompt, None), 0)
        + (sizes.get((one.prompt, one.tenant), 0) if one.tenant else 0)
        for one in rows
    )
