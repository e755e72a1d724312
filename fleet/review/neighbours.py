"""How far a change reaches: which other variants stand on the same layers."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from fleet.release.models import Release, Stage
from fleet.review.models import Layer, Review
from fleet.review.rules import new_layers
from registry.models import Overlay, Revision, Variant, VariantStage


@dataclass(frozen=True)
class Reach:
    """One sentence about who else is concerned, and the page that shows them."""

    text: str
    url: str = ""
    link: str = ""


def neighbours(review: Review) -> list[Reach]:
    """Who shares the layers of this revision, those that are new in it first."""
    revision = review.revision
    new = new_layers(revision, revision.parent)
    found = [*_policy(revision, new), *_overlay(revision, new), *_base(revision, new)]
    return found or [Reach("Only this variant is concerned.")]


def _policy(revision: Revision, new: set[Layer]) -> list[Reach]:
    if Layer.POLICY not in new:
        return []
    version = revision.policy_version
    others = _others(revision).exclude(revision__policy_version=version).count()
    text = (
        f"Policy version {version.number} comes in with it. {_live(others, 'stand')} on another "
        "version and take this one by a roll-out of their own."
    )
    return [Reach(text, reverse("policy-version", args=[version.pk]), "Who it reaches")]


def _base(revision: Revision, new: set[Layer]) -> list[Reach]:
    version = revision.base_version
    url = reverse("base-version", args=[version.pk])
    same_line = _others(revision).filter(revision__base_version__base=version.base_id)
    if Layer.BASE not in new:
        return [
            Reach(f"{_live(same_line.count(), 'share')} this base text; it stays as it is.", url,
                  "The base")
        ]  # fmt: skip
    behind = same_line.exclude(revision__base_version=version).count()
    text = (
        f"Base text {version.semver} comes in with it. {_live(behind, 'stand')} on another "
        "version of it and take this one by a roll-out of their own."
    )
    return [Reach(text, url, "Who it reaches")]


def _overlay(revision: Revision, new: set[Layer]) -> list[Reach]:
    if Layer.OVERLAY not in new or revision.overlay_version is None:
        return []
    variant, line = revision.variant, revision.overlay_version.overlay_id
    count = sum(found == line for found in _lines_of(variant).values())
    name = variant.tenant_name
    if count <= 1:
        return [Reach(f"This overlay is {name}’s for this variant alone.")]
    return [
        Reach(
            f"This overlay line applies to {count} variants of {name}. Only this one changes now; "
            "the others take it up with their next revision.",
            f"{reverse('home')}?q={variant.prompt.slug}", "Its variants",
        )
    ]  # fmt: skip


def _lines_of(variant: Variant) -> dict[int, int | None]:
    """Variants of this customer and prompt -> the overlay line that applies; two queries."""
    same = {"tenant": variant.tenant_id, "prompt": variant.prompt_id}
    lines = list(Overlay.objects.filter(**same, merged_into__isnull=True))
    places = Variant.objects.filter(**same).exclude(stage=VariantStage.RETIRED)
    found: dict[int, int | None] = {}
    for pk, locale, lane in places.order_by().values_list("pk", "locale", "lane"):
        fitting = [
            one for one in lines if one.locale in ("", locale) and one.lane in ("", lane)
        ]  # fmt: skip
        best = max(fitting, key=lambda one: (one.lane, one.locale), default=None)
        found[pk] = best.pk if best is not None else None
    return found


def _others(revision: Revision) -> QuerySet[Release]:
    live = Release.objects.filter(stage=Stage.LIVE, variant__prompt=revision.variant.prompt_id)
    return live.exclude(variant=revision.variant_id)


def _live(count: int, verb: str) -> str:
    """“46 other live variants share”."""
    if count == 0:
        return f"No other live variant {verb}s"
    return f"1 other live variant {verb}s" if count == 1 else f"{count} other live variants {verb}"
