"""What the pages say about revocations: where a revoked thing is shown, and what stands on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from fleet.release.models import Release
from fleet.release.revoked import PIN_OF, Revocable, name_of
from registry.models import (
    BaseVersion,
    Event,
    PolicyVersion,
    Revision,
    Revocation,
    Variant,
    VariantStage,
)


@dataclass(frozen=True)
class Told:
    """One revocation, in words: what it is of, and where that is shown."""

    name: str
    url: str
    revocation: Revocation


@dataclass(frozen=True)
class LiveLine:
    """A live release that stands on something revoked."""

    release: Release
    told: list[Told]


@dataclass(frozen=True)
class Standing:
    """What has to be said in red about a variant."""

    revoked: list[Told]
    withdrawn: Event | None

    @property
    def anything(self) -> bool:
        """Whether there is something to say."""
        return bool(self.revoked) or self.withdrawn is not None


def place_of(what: Revocable) -> str:
    """The page that shows it; an overlay version has none, so the page of its revocation."""
    if isinstance(what, Revision):
        return what.get_absolute_url()
    if isinstance(what, PolicyVersion):
        return reverse("policy-version", args=[what.pk])
    if isinstance(what, BaseVersion):
        return reverse("base-version", args=[what.pk])
    return reverse("overlay-version-revoke", args=[what.pk])


def standing_of(variant: Variant, live: Release | None) -> Standing:
    """What was revoked of the live release, and who withdrew the variant."""
    withdrawn = None
    if variant.stage == VariantStage.WITHDRAWN:
        events = variant.events.filter(verb="variant.withdrawn").select_related("actor")
        withdrawn = events.order_by("-pk").first()
    if live is None:
        return Standing([], withdrawn)
    return Standing(revocations_by_release([live])[0].told, withdrawn)


def revocations_by_release(releases: Iterable[Release]) -> list[LiveLine]:
    """Each release with what is revoked of it; the releases come with their `revision`."""
    rows = list(releases)
    known: dict[tuple[str, object], Told] = {}
    if rows:
        for revocation in _of(rows):
            pin, what = _named(revocation)
            known[pin, what.pk] = Told(name_of(what), place_of(what), revocation)
    return [LiveLine(row, [known[key] for key in _keys(row) if key in known]) for row in rows]


def _keys(release: Release) -> list[tuple[str, object]]:
    pins = release.revision.pins
    return [
        (pin, release.revision_id if pin == "revision" else pins[pin]) for pin in PIN_OF.values()
    ]


def _of(releases: list[Release]) -> list[Revocation]:
    wanted: dict[str, set[object]] = {pin: set() for pin in PIN_OF.values()}
    for release in releases:
        for pin, pk in _keys(release):
            wanted[pin].add(pk)
    found = Revocation.objects.none()
    for pin, pks in wanted.items():
        found = found | Revocation.objects.filter(**{f"{pin}__in": pks - {None}})
    return list(
        found.select_related(
            "by", "policy_version__policy", "base_version__base__prompt",
            "overlay_version__overlay__tenant", "overlay_version__overlay__prompt",
            "revision__variant__tenant", "revision__variant__prompt",
        )
    )  # fmt: skip


def _named(revocation: Revocation) -> tuple[str, Revocable]:
    for pin in PIN_OF.values():
        what = getattr(revocation, pin)
        if what is not None:
            return pin, what
    raise ValueError("A revocation names one thing.")
