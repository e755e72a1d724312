"""What was revoked, what of it still serves, and whom that touches."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from fleet.release.models import Release, Stage
from registry.models import (
    BaseVersion,
    OverlayVersion,
    PolicyVersion,
    Revision,
    Revocation,
    Tenant,
    User,
    Variant,
    VariantStage,
)

Revocable = Revision | PolicyVersion | BaseVersion | OverlayVersion

PIN_OF: dict[type, str] = {
    Revision: "revision",
    PolicyVersion: "policy_version",
    BaseVersion: "base_version",
    OverlayVersion: "overlay_version",
}
"""Model -> the field of a Revocation that names it; but for Revision a Revision's pin too."""


def pin_of(what: Revocable) -> str:
    """The field of a Revocation, and of a Revision, that names `what`."""
    return PIN_OF[type(what)]


def name_of(what: Revocable) -> str:
    """What it is called in a sentence: “policy 4”, “base 2.3.1”, “Acme / triage revision 3”."""
    if isinstance(what, PolicyVersion):
        return f"policy {what.number}"
    if isinstance(what, BaseVersion):
        return f"base {what.semver}"
    if isinstance(what, OverlayVersion):
        return f"overlay {what.number} of {what.overlay}"
    return str(what)


def tenant_of(what: Revocable) -> Tenant | None:
    """Whose it is; None for what is everybody's."""
    if isinstance(what, Revision):
        return what.variant.tenant
    return what.overlay.tenant if isinstance(what, OverlayVersion) else None


def standing_on(what: Revocable) -> Q:
    """Releases whose Revision is `what` or pins it."""
    pin = pin_of(what)
    return Q(revision=what) if pin == "revision" else Q(**{f"revision__{pin}": what})


def live_on(what: Revocable, user: User) -> QuerySet[Release]:
    """Live releases that stand on `what`, of the answering variants the person may see."""
    return _live(user).filter(standing_on(what))


def live_and_revoked(user: User) -> QuerySet[Release]:
    """Live releases with a revocation against them, of the answering variants one may see."""
    found = against(Revocation.objects.values_list(*PIN_OF.values()))
    return _live(user).filter(found) if found else _live(user).none()


def against(revocations: Iterable[tuple[object, ...]]) -> Q:
    """Releases that stand on any of these, given as rows of PIN_OF's ids; empty for none.

    By the ids, since revocations are few: the fleet is not joined with each kind of them.
    """
    ids: dict[str, list[object]] = {pin: [] for pin in PIN_OF.values()}
    for row in revocations:
        for pin, pk in zip(PIN_OF.values(), row, strict=True):
            if pk is not None:
                ids[pin].append(pk)
    found = Q()
    for pin, some in ids.items():
        if some:
            column = "revision" if pin == "revision" else f"revision__{pin}"
            found |= Q(**{f"{column}__in": some})
    return found


def _live(user: User) -> QuerySet[Release]:
    live = Release.objects.filter(stage=Stage.LIVE, variant__stage=VariantStage.ACTIVE)
    return live.filter(variant__in=Variant.objects.visible_to(user)).select_related(
        "variant__tenant", "variant__prompt", "revision"
    ).defer("revision__text", "revision__segments")  # fmt: skip
