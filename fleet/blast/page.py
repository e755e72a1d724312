"""What the pages of a dry run say."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from fleet.blast import table
from fleet.blast.actions import content_hash
from fleet.blast.models import BlastRadius, BlastStage
from registry.models import BaseDraft, BaseVersion, PolicyDraft, PolicyVersion, User, Variant

LABELS = {
    "text": "get a new text",
    "breaks": "newly blocked",
    "warns": "newly to look at",
    "heals": "findings go",
    "redundant": "become redundant",
    "problem": "would not compose",
}
"""A tile's words, after its number."""


def context(request: HttpRequest, radius: BlastRadius) -> dict[str, Any]:
    """Progress while it runs; then figures, segments, rules and the filtered table."""
    user: User = request.user  # type: ignore[assignment]
    found: dict[str, Any] = {
        "radius": radius,
        "running": radius.stage in (BlastStage.QUEUED, BlastStage.RUNNING),
        "capability": capability_of(radius),
        "may_author": user.has_perm(f"registry.{capability_of(radius)}"),
        "layer": "base" if radius.base_id else "policy",
        "draft_url": draft_url(radius),
        "cancel_url": reverse("blast-cancel", args=[radius.pk]),
    }
    if radius.stage != BlastStage.DONE:
        return found
    return found | _result(request, radius, user) | _since(radius)


def capability_of(radius: BlastRadius) -> str:
    """What somebody must be allowed who writes this layer."""
    return "author_base" if radius.base_id else "author_policy"


def draft_url(radius: BlastRadius) -> str:
    """Where the draft is written, if it has a page."""
    name, pk = (
        ("base-edit", radius.base_id) if radius.base_id else ("policy-edit", radius.policy_id)
    )
    for args in ([pk], []):
        try:
            return reverse(name, args=args)
        except NoReverseMatch:
            continue
    return ""


def _result(request: HttpRequest, radius: BlastRadius, user: User) -> dict[str, Any]:
    rows = table.rows_of(radius, user)
    figures, segments = table.tiles(rows)
    shown = Paginator(table.full(table.filtered(rows, request)), table.PAGE_ROWS)
    page = shown.get_page(request.GET.get("page"))
    chosen = request.GET.get("show", "")
    all_of_them = _in_reach(radius, user)
    return {
        "tiles": [_tile(request, one, chosen) for one in figures],
        "sentence": sentence(radius, {one.kind: one.variants for one in figures}, all_of_them),
        "segments": [
            {"name": name or "no tenant", "value": name, "counts": counts}
            for name, counts in segments.items()
        ],
        # These count the whole fleet, so a manager of some tenants does not get them.
        "rules": [] if user.sees_own_tenants_only else radius.summary["rules"],
        "slots": [] if user.sees_own_tenants_only else radius.summary["slots"],
        "evals": _evals(radius, user),
        "page": page,
        "rows": [_line(row) for row in page],
        "anything": any(one.variants for one in figures),
        "sort": request.GET.get("sort", ""),
        "q": request.GET.get("q", "").strip(),
        "filters": _filters(request, radius, list(segments)),
        "keep": [(name, request.GET.get(name, "")) for name in ("show", "sort")],
        "count": f"{shown.count} variant{'' if shown.count == 1 else 's'}",
        "kinds": LABELS,
    }


def _tile(request: HttpRequest, one: table.Tile, chosen: str) -> dict[str, Any]:
    query = request.GET.copy()
    query.pop("page", None)
    query["show"] = one.kind
    if one.kind == chosen:
        query.pop("show")
    return {
        "kind": one.kind, "variants": one.variants, "revenue": one.revenue,
        "label": LABELS[one.kind], "chosen": one.kind == chosen,
        "url": f"{request.path}?{query.urlencode()}",
    }  # fmt: skip


def _line(row: Any) -> dict[str, Any]:
    return {"row": row, "what": table.what_happens(row), "first": table.first_word(row)}


def _filters(
    request: HttpRequest, radius: BlastRadius, segments: list[str]
) -> list[dict[str, Any]]:
    rules = [row["rule"] for row in radius.summary.get("rules", [])]
    options = {
        "segment": ("Segment", [(name, name) for name in segments if name]),
        "rule": ("Rule", [(name, name) for name in rules]),
    }
    return [
        {"name": name, "label": label, "value": request.GET.get(name, ""), "options": choices}
        for name, (label, choices) in options.items()
        if choices
    ]


def _in_reach(radius: BlastRadius, user: User) -> int | None:
    """How many variants were looked at, where the person may know of all of them."""
    return None if user.sees_own_tenants_only else radius.total


def sentence(radius: BlastRadius, counts: dict[str, int], total: int | None) -> str:
    """The whole result in one or two sentences."""
    if total is None:
        subject = "Of your customers' variants"
    else:
        subject = f"Of {total:,} live variant{'' if total == 1 else 's'}"
    if total == 0:
        return "No live variant stands on this, so nothing would happen to anyone."
    if not any(counts.values()):
        return f"{subject} none would change: every text and every finding stays as it is."
    bad = [
        f"{counts[kind]:,} {words}"
        for kind, words in (
            ("problem", "would no longer compose"), ("breaks", "would newly be blocked"),
            ("warns", "would newly need a look"),
        )
        if counts[kind]
    ]  # fmt: skip
    text = f"{counts['text']:,} would get a new text" if counts["text"] else "no text changes"
    trouble = ", ".join(bad) if bad else "nothing new is blocked"
    return f"{subject} {text}; {trouble}."


def _evals(radius: BlastRadius, user: User) -> dict[str, Any]:
    """What would have to be measured; for a manager without the figures of others."""
    found = radius.summary.get("evals", {})
    variants = found.get("variants", [])
    mine = Variant.objects.visible_to(user).filter(pk__in=variants)
    named = mine.select_related("tenant", "prompt").order_by("-tenant__annual_revenue")
    return {
        "variants": list(named),
        "calls": None if user.sees_own_tenants_only else found.get("calls", 0),
    }


def _since(radius: BlastRadius) -> dict[str, Any]:
    """What became of the draft since: published, changed, or still the same."""
    if radius.base_id:
        versions = BaseVersion.objects.filter(base=radius.base_id, sha256=radius.sha256)
        draft = BaseDraft.objects.filter(base=radius.base_id).first()
        now = (
            {"text": draft.text, "slots": draft.slots, "variables": draft.variables}
            if draft
            else None
        )
    else:
        versions = PolicyVersion.objects.filter(policy=radius.policy_id, sha256=radius.sha256)  # type: ignore[assignment]
        written = PolicyDraft.objects.filter(policy=radius.policy_id).first()
        now = {"text": written.text, "rules": written.rules} if written else None
    published = versions.first()
    moved_on = now is not None and published is None and content_hash(now) != radius.sha256
    return {
        "published": published,
        "moved_on": moved_on,
        "roll_out_url": _roll_out(radius, published),
    }


def _roll_out(radius: BlastRadius, published: Any) -> str:
    if published is None:
        return ""
    try:
        layer = "base" if radius.base_id else "policy"
        return f"{reverse('rollout-open')}?{layer}={published.pk}"
    except NoReverseMatch:
        return ""
