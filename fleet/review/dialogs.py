"""What the dialogs of a review say will happen."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from evals.models import EvalRun
from fleet.review.actions import live_revision
from fleet.review.models import Review
from fleet.review.powers import Powers
from fleet.review.rules import Progress
from fleet.review.words import others_stay
from fleet.review.zones import in_words, zone_of


def dialogs(review: Review, powers: Powers, run: EvalRun | None, far: Progress) -> dict[str, Any]:
    """Texts of the dialogs, and the evidence that a yes rests on."""
    number, name = review.revision.number, review.variant.tenant_name
    live, zone = live_revision(review.variant), zone_of(review.variant)
    moves = f"moves from revision {live.number} to {number}" if live else f"gets revision {number}"
    others = others_stay(review.variant)
    return {
        "live": live,
        "approve_text": _approve_text(name, number, far),
        "approve_fields": [("run", run.pk)] if run else [],
        "ask_text": f"Revision {number} of {name} waits until this is settled: "
        f"{review.opened_by.display_name} reads your reason here and by mail. Whoever approved "
        "decides anew.",
        "resume_text": f"Revision {number} of {name} waits for a decision again. The text stays as "
        "it is.",
        "reject_text": f"Revision {number} of {name} cannot go out, ever. "
        f"{review.opened_by.display_name} reads your reason.",
        "withdraw_text": "It leaves the queue. The revision and its eval stay on record; submit "
        "the overlay again to ask anew.",
        "publish_text": f"{name} {moves} for all callers. {others}",
        "schedule_text": f"At that time {name} {moves} for all callers, if nothing stands in the "
        f"way then: everything is checked again. If something does, it stays as it is and "
        f"{review.opened_by.display_name} and you are told.",
        "unschedule_text": f"Revision {number} stays approved and goes live when somebody says so.",
        "glass_text": f"{name} {moves} for all callers at once, past the gate. {others} Every page "
        "of this variant says so until a policy owner has looked at it.",
        "zone": zone.key,
        "now_there": in_words(timezone.now(), zone),
        "publish_words": in_words(review.publish_at, zone) if review.publish_at else "",
    }


def _approve_text(name: str, number: int, far: Progress) -> str:
    """What your yes leads to: the last one that is needed, or one of several."""
    lacking = far.needed - far.given
    if lacking > 1:
        return (
            f"Your yes is number {far.given + 1} of {far.needed} that revision {number} of {name} "
            f"needs. Still needed now: {far.missing}. Nothing goes live yet."
        )
    return (
        f"{name} may then get revision {number}. Nothing goes live yet: that is a step of its own."
    )
