"""Which variants take part in an experiment with which text, and why others do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from fleet.release.models import Release, Stage
from fleet.review.blockers import blockers
from fleet.review.models import Approval, Decision, ReviewStage
from registry.models import Prompt, Revision, User, Variant, VariantStage

CHECKED = 200
"""Candidates whose blockers are looked up beforehand, some 50 ms each; the rest when it starts."""


@dataclass(frozen=True)
class Joining:
    """One variant: the Revision that becomes its arm, or why it does not take part."""

    variant: Variant
    revision: Revision | None
    why_not: str = ""
    unchecked: bool = False

    @property
    def joins(self) -> bool:
        """Whether an arm starts here."""
        return self.revision is not None and not self.why_not


def variants_of(prompt: Prompt, segment: str, user: User) -> QuerySet[Variant]:
    """Customers' active variants of a prompt in a segment; empty means every segment."""
    found = Variant.objects.visible_to(user).filter(
        prompt=prompt, tenant__isnull=False, stage=VariantStage.ACTIVE
    )
    if segment:
        found = found.filter(tenant__segment=segment)
    return found.select_related("tenant", "prompt").order_by("tenant__name", "pk")


def who_joins(variants: Sequence[Variant], checked: int = CHECKED) -> list[Joining]:
    """Each variant with its candidate: the newest approved Revision that is newer than live.

    What is quick to know is asked of all in four queries; blockers of the first `checked`.
    """
    running = _running(variants)
    newest = _newest_approved(variants)
    found = []
    for variant in variants:
        here, candidate = running.get(variant.pk, {}), newest.get(variant.pk)
        why = _why_not(here, candidate)
        if why or candidate is None:
            found.append(Joining(variant, None, why))
            continue
        candidate.variant = variant
        look = checked > 0
        checked -= 1
        found.append(Joining(variant, candidate, _blocked(candidate) if look else "", not look))
    return found


def _running(variants: Iterable[Variant]) -> Mapping[int, dict[str, int]]:
    """Variant -> stage -> number of the Revision that runs there."""
    rows = Release.objects.filter(variant__in=variants, stage__in=[Stage.LIVE, Stage.CANARY])
    found: dict[int, dict[str, int]] = {}
    for pk, stage, number in rows.values_list("variant_id", "stage", "revision__number"):
        found.setdefault(pk, {})[stage] = number
    return found


def _newest_approved(variants: Iterable[Variant]) -> dict[int, Revision]:
    """Variant -> its newest Revision that somebody approved."""
    yes = Approval.objects.filter(revision=OuterRef("pk"), decision=Decision.APPROVE)
    rows = Revision.objects.filter(Exists(yes), variant__in=variants)
    newest = rows.order_by("variant_id", "-number").distinct("variant_id")
    return {
        revision.variant_id: revision
        for revision in newest.select_related(
            "review", "policy_version", "base_version", "overlay_version", "model_target"
        ).prefetch_related("tracks")
    }  # fmt: skip


def _why_not(here: Mapping[str, int], candidate: Revision | None) -> str:
    if Stage.LIVE not in here:
        return "Nothing is live there."
    if Stage.CANARY in here:
        return f"Revision {here[Stage.CANARY]} runs as a canary there."
    if candidate is None or candidate.number <= here[Stage.LIVE]:
        return "It has no approved revision newer than what is live."
    if any(track.closed_at is None for track in candidate.tracks.all()):
        return f"Revision {candidate.number} is part of a migration."
    review = getattr(candidate, "review", None)
    if review is not None and review.stage != ReviewStage.APPROVED:
        return f"The review of revision {candidate.number} is “{review.get_stage_display()}”."
    return ""


def _blocked(candidate: Revision) -> str:
    """What stands in the way of the candidate, in words; empty when nothing does."""
    return " ".join(f"{one.text} {one.remedy}" for one in blockers(candidate))
