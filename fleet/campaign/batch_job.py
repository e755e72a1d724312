"""Acts on very many tracks: the workers do each alone, and a page of its own tells how far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.bulk.actions import start
from fleet.bulk.handlers import HANDLERS, Left
from fleet.bulk.models import BulkAct, BulkRow
from fleet.campaign.batch_acts import ACTS
from fleet.campaign.batch_plan import BatchPlan
from fleet.campaign.models import Campaign
from fleet.campaign.rows import tracks_of
from registry.models import User, Variant

IN_REQUEST = 100
"""So many tracks are done while the person waits: one to two seconds. More are the workers'."""


def is_for_workers(plan: BatchPlan, by: User) -> bool:
    """Whether the plan is too long for one request and its act can be handed on."""
    handler = HANDLERS.get(kind_of(plan.act.slug))
    if handler is None or len(plan.take) <= IN_REQUEST:
        return False
    return by.has_perm(f"registry.{handler.capability}")


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
