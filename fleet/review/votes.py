"""Who said yes or no to a review, and which of it still counts."""

from __future__ import annotations

from dataclasses import dataclass

from evals.models import EvalRun, RunStage, VerdictKind
from fleet.review.evidence import RANK
from fleet.review.models import Approval, Decision, Review
from fleet.review.voids import voids_of
from registry.models import Event


@dataclass(frozen=True)
class Vote:
    """One decision; `void` says why it counts no more, empty while it counts."""

    approval: Approval
    void: str

    @property
    def is_yes(self) -> bool:
        """Whether it was a yes."""
        return self.approval.decision == Decision.APPROVE


def votes_of(review: Review, run: EvalRun | None) -> list[Vote]:
    """Every decision on a review, newest first, each with why it counts no more."""
    given = list(review.approvals.select_related("by", "run"))
    if not given:
        return []
    why = _why_anew(review)
    now = [one for one in voids_of([review.revision])[review.revision_id] if one.code != "void"]
    standing = now[0].text if now else ""
    return [Vote(one, _void(one, review, run, why, standing)) for one in given]


def _void(
    approval: Approval, review: Review, run: EvalRun | None, why: dict[int, str], standing: str
) -> str:
    if approval.decision != Decision.APPROVE:
        return ""
    if approval.sha256 != review.revision.sha256 or approval.pins != review.revision.pins:
        return "It was given on another text."
    if approval.round != review.round:
        return why.get(approval.round + 1, "") or "Everybody was asked to decide anew."
    return standing or _worse(approval, run)


def _worse(approval: Approval, run: EvalRun | None) -> str:
    """Newer evidence that is worse than what this person looked at."""
    if run is None or run.stage != RunStage.DONE or not approval.verdict:
        return ""
    was, now = RANK[VerdictKind(approval.verdict)], RANK[VerdictKind(run.verdict.kind)]
    if run.pk == approval.run_id or now <= was:
        return ""
    kind = run.verdict.get_kind_display().lower()
    return f"A newer eval run is {kind}; this was given on “{approval.verdict.replace('_', '-')}”."


def _why_anew(review: Review) -> dict[int, str]:
    """Round -> why it began."""
    events = Event.objects.filter(
        subject_type="review", subject_id=str(review.pk), data__has_key="round"
    )
    return {event.data["round"]: event.why for event in events if event.why}
