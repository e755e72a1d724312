"""What a variant may be rolled back to, and the words that say what will happen."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.release.earlier import fit_revisions, way_back
from fleet.release.models import Release
from fleet.review.words import others_stay
from registry.models import Revision, Variant, VariantStage


@dataclass(frozen=True)
class Goal:
    """One revision to go back to, with what the dialog says."""

    revision: Revision
    heading: str
    text: str

    @property
    def dialog(self) -> str:
        """The dialog's id on the page."""
        return f"roll-back-{self.revision.number}"

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What the dialog's form posts besides the reason."""
        return [("to", str(self.revision.pk))]


def roll_back_goals(variant: Variant, live: Release | None) -> list[Goal]:
    """Every goal but what is live: first those one goes back through, then the newest.

    What was approved but never took traffic is not among them: its review publishes it.
    """
    if live is None or variant.stage == VariantStage.RETIRED:
        return []
    found = list(fit_revisions(variant).exclude(pk=live.revision_id).defer("text", "segments"))
    place = {revision: n for n, revision in enumerate(way_back(variant))}
    found.sort(key=lambda revision: place.get(revision.pk, len(place)))
    stay = _also(variant) + others_stay(variant)
    return [_goal(variant, live, revision, stay) for revision in found]


def _also(variant: Variant) -> str:
    if variant.stage != VariantStage.WITHDRAWN:
        return ""
    return "It was withdrawn: its callers get an answer again. "


def _goal(variant: Variant, live: Release, revision: Revision, stay: str) -> Goal:
    name = f"{variant.tenant_name}{variant.suffix}"
    return Goal(
        revision,
        f"Roll back {name} to revision {revision.number}",
        f"Roll back {name} from revision {live.revision.number} to {revision.number}. {stay}",
    )
