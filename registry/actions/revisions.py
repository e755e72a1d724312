"""Freeze what can run: a Revision is four pins and the text they compose to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from registry import events, lines
from registry.compose import Composed, compose
from registry.models import (
    Adoption,
    BaseVersion,
    ModelTarget,
    OverlayVersion,
    PolicyVersion,
    Revision,
    User,
    Variant,
)
from registry.roles import require


def compose_pins(
    policy: PolicyVersion, base: BaseVersion, overlay: OverlayVersion | None
) -> Composed:
    """The text that three pinned layers give."""
    values = overlay.values if overlay else {}
    return compose(policy.text, base.text, base.slot_list, values)


@dataclass(frozen=True)
class Pins:
    """What a Revision of a variant is to be frozen from; heads where no policy or base is given."""

    variant: Variant
    target: ModelTarget
    overlay: OverlayVersion | None
    policy: PolicyVersion | None = None
    base: BaseVersion | None = None
    parent: Revision | None = None


def freeze(
    variant: Variant,
    *,
    by: User,
    note: str,
    target: ModelTarget,
    overlay: OverlayVersion | None,
    policy: PolicyVersion | None = None,
    base: BaseVersion | None = None,
    parent: Revision | None = None,
) -> Revision:
    """Freeze a Revision of `variant` from the given pins (heads where none is given).

    The same pins as the newest Revision give that one back, so asking twice is safe.
    """
    return freeze_all([Pins(variant, target, overlay, policy, base, parent)], by=by, note=note)[0]


@transaction.atomic
def freeze_all(wanted: Sequence[Pins], *, by: User, note: str) -> list[Revision]:
    """`freeze` for several variants, one Revision each in their order; so many queries for all."""
    variants = _lock(one.variant for one in wanted)
    newest = _newest(variants)
    frozen = {
        one.variant.pk: _frozen(one, variants[one.variant.pk], newest.get(one.variant.pk), by, note)
        for one in wanted
    }
    made = Revision.objects.bulk_create(
        [one for pk, one in frozen.items() if one is not newest.get(pk)]
    )
    events.record_all(
        "revision.frozen",
        [(one, note, {"number": one.number, "sha256": one.sha256}) for one in made], by,
    )  # fmt: skip
    return [frozen[one.variant.pk] for one in wanted]


def _lock(variants: Iterable[Variant]) -> dict[int, Variant]:
    rows = Variant.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    pks = [one.pk for one in variants]
    return {one.pk: one for one in rows.select_related("prompt", "tenant").filter(pk__in=pks)}


def _newest(variants: Collection[int]) -> dict[int, Revision]:
    """Variant -> its newest Revision, where it has any."""
    rows = Revision.objects.filter(variant__in=variants).order_by("variant_id", "-number")
    return {one.variant_id: one for one in rows.distinct("variant_id")}


def _frozen(
    wanted: Pins, variant: Variant, newest: Revision | None, by: User, note: str
) -> Revision:
    """The newest Revision where it has the same pins, else a new one, not saved yet."""
    policy = wanted.policy or lines.policy_head(variant.prompt)
    base = wanted.base or lines.base_head(variant, wanted.target)
    pins = {
        "policy_version": policy, "base_version": base, "overlay_version": wanted.overlay,
        "model_target": wanted.target,
    }  # fmt: skip
    if newest is not None and newest.pins == {name: pin and pin.pk for name, pin in pins.items()}:
        newest.variant = variant
        return newest
    composed = compose_pins(policy, base, wanted.overlay)
    return Revision(
        variant=variant, number=newest.number + 1 if newest is not None else 1,
        text=composed.text, sha256=composed.sha256,
        segments=[{"layer": s.layer, "slot": s.slot, "text": s.text} for s in composed.segments],
        parent=wanted.parent, note=note, author=by, **pins,
    )  # fmt: skip


def repin(revision: Revision, target: ModelTarget, *, by: User, note: str) -> Revision:
    """The same text for another model target, as a new Revision of the same variant."""
    return repin_all([revision], target, by=by, note=note)[0]


def repin_all(
    revisions: Sequence[Revision], target: ModelTarget, *, by: User, note: str
) -> list[Revision]:
    """`repin` for several variants; so many queries for all of them."""
    require(by, "run_campaign")
    wanted = [
        Pins(
            one.variant, target, one.overlay_version, one.policy_version, one.base_version,
            parent=one,
        )
        for one in revisions
    ]  # fmt: skip
    return freeze_all(wanted, by=by, note=note)


def record_adoption(revision: Revision, *, by: User, reason: str, source: str = "") -> Adoption:
    """Note that this Revision served before the product came, without evidence."""
    require(by, "adopt")
    if not reason.strip():
        raise ValueError("Say why this text is adopted without evidence.")
    adoption = Adoption.objects.create(revision=revision, reason=reason, source=source, by=by)
    events.record("revision.adopted", revision, by, reason, source=source)
    return adoption
