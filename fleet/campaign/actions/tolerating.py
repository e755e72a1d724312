"""What chosen variants of a plan must hold: each its own, until somebody sets it anew."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from fleet.campaign.actions.plan_rows import BATCH, CannotPlan, planned, text_of
from fleet.campaign.models import Campaign, Track
from registry import events
from registry.models import User, Variant
from registry.templatetags.words import percent

BY_SIZE = "by size"
"""In place of a margin: the drop that is tolerated goes by the size of the suite."""


@transaction.atomic
def set_thresholds(
    campaign: Campaign, tracks: Collection[Track], *, by: User, why: str,
    min_pass_rate: float | None = None, margin: float | str | None = None,
) -> int:  # fmt: skip
    """Set the variants' own thresholds, as shares from 0 to 1; None leaves one as it is.

    They stay the variants' own: later reviews and migrations go by them too, so a reason has to
    be given, which stands on each variant's timeline. Only in a plan: what is measured already
    was measured by what it began with. Returns how many variants there are. Raises NotAllowed, and
    CannotPlan also where the plan's own value for all would outrank them.
    """
    campaign = planned(campaign, by)
    why = text_of(why).strip()
    if not why:
        raise CannotPlan("Say why: these are the variants' own, also after this plan.")
    wanted: dict[str, Any] = {}
    if min_pass_rate is not None:
        wanted["min_pass_rate"] = min_pass_rate
    if margin is not None:
        wanted["margin"] = None if margin == BY_SIZE else margin
    if not wanted:
        raise CannotPlan("Give a pass rate, a drop, or both.")
    _refuse_outranked(campaign, wanted)
    mine = campaign.tracks.filter(pk__in=[track.pk for track in tracks]).values("variant")
    locked = Variant.objects.select_for_update(no_key=True).filter(pk__in=mine)
    variants = list(locked.order_by("pk"))
    _write(variants, wanted, by, why)
    return len(variants)


def _refuse_outranked(campaign: Campaign, wanted: dict[str, Any]) -> None:
    """A value for all of the plan counts before each variant's own: then this does nothing."""
    for field, word in (("min_pass_rate", "pass rate"), ("margin", "tolerated drop")):
        if field in wanted and getattr(campaign, field) is not None:
            raise CannotPlan(
                f"This plan has a {word} for all, so a variant's own does not count in it. Empty "
                "it under “What holds for all” first."
            )


def _write(variants: list[Variant], wanted: dict[str, Any], by: User, why: str) -> None:
    """Where it changes: one statement, the history, and a line on each variant's timeline."""
    changed = [
        one for one in variants if any(getattr(one, name) != wanted[name] for name in wanted)
    ]
    told = [(one, why, {"was": in_words(one)}) for one in changed]
    for one in changed:
        for name, value in wanted.items():
            setattr(one, name, value)
    if not changed:
        return
    try:
        changed[0].clean_fields(
            exclude={field.name for field in Variant._meta.fields} - wanted.keys()
        )
    except ValidationError:
        raise CannotPlan(
            "A pass rate lies between 0 and 100 %, a drop between 0.1 and 100 points."
        ) from None
    Variant.objects.filter(pk__in=[one.pk for one in changed]).update(**wanted)
    Variant.history.bulk_history_create(changed, batch_size=BATCH, update=True, default_user=by)
    events.record_all(
        "variant.thresholds_set",
        [(one, said, {**data, "now": in_words(one)}) for one, said, data in told], by,
    )  # fmt: skip


def in_words(variant: Variant) -> str:
    """“80 % of cases, a drop by suite size”."""
    drop = "by suite size" if variant.margin is None else f"of {variant.margin * 100:.3g} points"
    return f"{percent(variant.min_pass_rate)} of cases, a drop {drop}"
