"""Acts on very many tracks: the workers do each alone, and a page of its own tells how far."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from fleet.bulk.actions import start
from fleet.bulk.handlers import HANDLERS, Left
from fleet.bulk.models import BulkAct, BulkRow
from fleet.campaign.batch_acts import ACTS, Act
from fleet.campaign.batch_plan import BatchPlan
from fleet.campaign.models import Campaign
from fleet.campaign.rows import tracks_of
from registry.models import User, Variant

IN_REQUEST_MS = 600
"""An act that takes longer is the workers'. With the board, which is read first, and others who
use the same processors, a person waits under a second."""

MS = {
    "approve": 12, "sign-off": 28, "schedule": 33, "unschedule": 22, "re-evaluate": 28,
    "try-again": 28, "pause": 15, "resume": 25, "defer": 30, "exempt": 36, "take-in": 28,
}  # fmt: skip
"""Milliseconds that one more track takes each act, database included: measured through the web
with 20 tracks of 120, on two processors with little else to do. Of an approval 4 ms are its own
(35 and 100 tracks); 8 ms takes the lint of an overlay that the process has not met."""


def most_in_request(act: Act) -> int:
    """So many tracks an act takes while the person waits; of one that no worker does, all."""
    return IN_REQUEST_MS // MS[act.slug] if act.slug in MS else sys.maxsize


def is_for_workers(plan: BatchPlan, by: User) -> bool:
    """Whether the plan is too long for one request and its act can be handed on."""
    if len(plan.take) <= most_in_request(plan.act):
        return False
    return by.has_perm(f"registry.{HANDLERS[kind_of(plan.act.slug)].capability}")


def hand_on(campaign: Campaign, plan: BatchPlan, given: Mapping[str, Any], by: User) -> BulkAct:
    """Start the act over what the plan takes. `given`: the form's fields as they were typed.

    Raises CannotStart, NotAllowed, UnusableText.
    """
    variants = Variant.objects.visible_to(by).select_related("tenant")
    chosen = variants.filter(pk__in=[row.line.variant_id for row in plan.take]).order_by("pk")
    typed = {name: str(given.get(name, "")) for name in plan.act.form.base_fields}
    about = {"campaign": str(campaign.pk), "act": plan.act.slug, "typed": typed}
    reason = typed.get("why", "").strip() or plan.act.label
    title = f"{plan.act.label}: {campaign.name}"[:200]
    rows = [(variant, None) for variant in chosen]
    return start(kind_of(plan.act.slug), title, about, reason, rows, by)


def do(act: BulkAct, row: BulkRow) -> str:
    """One track of such an act, as if the person had asked for it alone."""
    deed = ACTS[act.about["act"]]
    mine = tracks_of(act.by).prefetch_related("variant__tenant__owners")
    track = mine.filter(campaign=act.about["campaign"], variant=row.variant_id).first()
    if track is None or deed.run is None:
        raise Left("Its track is not there any more.")
    form = deed.form(track.campaign, act.about["typed"])
    if not form.is_valid():
        raise Left(" ".join(str(error) for some in form.errors.values() for error in some))
    outcome = deed.run([track], act.by, {**form.cleaned_data, "batch": act.pk})
    if outcome.left:
        raise Left(outcome.left[0][1])
    return f"{deed.done[:1].upper()}{deed.done[1:]}."


def kind_of(slug: str) -> str:
    """The kind of bulk act that an act on tracks is."""
    return f"track_{slug.replace('-', '_')}"
