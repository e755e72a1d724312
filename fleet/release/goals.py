"""What a variant may be rolled back to, and the words that say what will happen."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from fleet.release.models import Release
from fleet.review.models import Approval, Decision
from fleet.review.words import others_stay
from registry.models import Adoption, Revision, Variant


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


def fit_revisions(variant: Variant) -> QuerySet[Revision]:
    """Revisions once live, approved or adopted, with nothing revoked in them; newest first.

    The same conditions `roll_back` holds a goal to.
    """
    approved = Approval.objects.filter(revision=OuterRef("pk"), decision=Decision.APPROVE)
    adopted = Adoption.objects.filter(revision=OuterRef("pk"))
    return variant.revisions.filter(
        Q(Exists(approved)) | Q(Exists(adopted)),
        Exists(Release.objects.filter(revision=OuterRef("pk"))),
        revocation__isnull=True,
        policy_version__revocation__isnull=True,
        base_version__revocation__isnull=True,
        overlay_version__revocation__isnull=True,
    ).order_by("-number")


def roll_back_goals(variant: Variant, live: Release | None) -> list[Goal]:
    """Every goal but what is live; what was live before stands first, then the newest."""
    if live is None:
        return []
    found = list(fit_revisions(variant).exclude(pk=live.revision_id).defer("text", "segments"))
    before = live.replaces.revision_id if live.replaces else None
    found.sort(key=lambda revision: revision.pk != before)
    stay = others_stay(variant)
    return [_goal(variant, live, revision, stay) for revision in found]


def _goal(variant: Variant, live: Release, revision: Revision, stay: str) -> Goal:
    name = f"{variant.tenant_name}{variant.suffix}"
    return Goal(
        revision,
        f"Roll back {name} to revision {revision.number}",
        f"Roll back {name} from revision {live.revision.number} to {revision.number}. {stay}",
    )
