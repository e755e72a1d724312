"""What a variant may be rolled back to, and the words that say what will happen."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from fleet.release.models import Release, Stage
from fleet.review.models import Approval, Decision
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
    """Revisions once approved or adopted, with nothing revoked in them; newest first.

    The same conditions `roll_back` holds a goal to.
    """
    approved = Approval.objects.filter(revision=OuterRef("pk"), decision=Decision.APPROVE)
    adopted = Adoption.objects.filter(revision=OuterRef("pk"))
    return variant.revisions.filter(
        Q(Exists(approved)) | Q(Exists(adopted)),
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
    others = _others(variant)
    return [_goal(variant, live, revision, others) for revision in found]


def _others(variant: Variant) -> int:
    """How many other customers' variants of the same prompt are live."""
    live = Release.objects.filter(stage=Stage.LIVE, variant__prompt_id=variant.prompt_id)
    return live.filter(variant__tenant__isnull=False).exclude(variant=variant).count()


def _goal(variant: Variant, live: Release, revision: Revision, others: int) -> Goal:
    name = f"{variant.tenant_name}{variant.suffix}"
    stay = "1 other variant stays as it is" if others == 1 else (
        f"{others} other variants stay as they are"
    )  # fmt: skip
    return Goal(
        revision,
        f"Roll back {name} to revision {revision.number}",
        f"Roll back {name} from revision {live.revision.number} to {revision.number}. {stay}.",
    )
