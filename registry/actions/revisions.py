"""Freeze what can run: a Revision is four pins and the text they compose to."""

from __future__ import annotations

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


@transaction.atomic
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
    variant = (
        Variant.objects.select_for_update(of=("self",), no_key=True)
        .select_related("prompt", "tenant")
        .get(pk=variant.pk)
    )
    policy = policy or lines.policy_head(variant.prompt)
    base = base or lines.base_head(variant, target)
    pins = {
        "policy_version": policy, "base_version": base, "overlay_version": overlay,
        "model_target": target,
    }  # fmt: skip
    newest = variant.revisions.order_by("-number").first()
    if newest is not None and newest.pins == {name: pin and pin.pk for name, pin in pins.items()}:
        return newest
    composed = compose_pins(policy, base, overlay)
    revision = Revision.objects.create(
        variant=variant, number=newest.number + 1 if newest is not None else 1,
        text=composed.text, sha256=composed.sha256,
        segments=[{"layer": s.layer, "slot": s.slot, "text": s.text} for s in composed.segments],
        parent=parent, note=note, author=by, **pins,
    )  # fmt: skip
    events.record(
        "revision.frozen", revision, by, note, number=revision.number, sha256=revision.sha256
    )
    return revision


def repin(revision: Revision, target: ModelTarget, *, by: User, note: str) -> Revision:
    """The same text for another model target, as a new Revision of the same variant."""
    require(by, "run_campaign")
    return freeze(
        revision.variant, by=by, note=note, target=target, overlay=revision.overlay_version,
        policy=revision.policy_version, base=revision.base_version, parent=revision,
    )  # fmt: skip


def record_adoption(revision: Revision, *, by: User, reason: str, source: str = "") -> Adoption:
    """Note that this Revision served before the product came, without evidence."""
    require(by, "adopt")
    if not reason.strip():
        raise ValueError("Say why this text is adopted without evidence.")
    adoption = Adoption.objects.create(revision=revision, reason=reason, source=source, by=by)
    events.record("revision.adopted", revision, by, reason, source=source)
    return adoption
