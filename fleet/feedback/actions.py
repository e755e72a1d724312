"""Write down what a customer said about a variant."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from fleet.campaign.models import Track
from fleet.feedback.models import Feedback, FeedbackKind
from registry import border, events
from registry.models import User, Variant
from registry.roles import NotAllowed

MOST_WORDS, MOST_REFERENCE = 10_000, 300
"""Characters."""

MOST_MINUTES = 10_000
"""A week of one person's time, day and night: more is a slip of the finger."""


class UnusableFeedback(Exception):
    """It cannot be written down like this; `field` says where."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class Said:
    """What a customer said. `minutes` it took us; `happened_at` None means just now."""

    kind: str
    words: str
    reference: str = ""
    minutes: int = 0
    happened_at: dt.datetime | None = None


def may_record(user: User, variant: Variant) -> bool:
    """Who may act on a variant may write down what its customer said: all but onlookers."""
    own = variant.tenant is not None and user.owns(variant.tenant)
    if user.sees_own_tenants_only and not own:
        return False
    return user.has_perm("registry.roll_back") or user.has_perm("registry.record_sign_off")


@transaction.atomic
def record_feedback(
    variant: Variant, said: Said, *, by: User, track: Track | None = None
) -> Feedback:
    """Keep what was said, for good. Raises UnusableFeedback, NotAllowed."""
    if not by.is_active or not may_record(by, variant):
        raise NotAllowed(f"You may not write down what {variant.tenant_name} said.")
    words, reference = _checked(said)
    feedback = Feedback.objects.create(
        variant=variant, track=track, kind=FeedbackKind(said.kind), words=words, by=by,
        reference=reference, minutes=said.minutes, happened_at=said.happened_at or timezone.now(),
    )  # fmt: skip
    events.record("feedback.recorded", feedback, by, variant=variant, kind=said.kind)
    return feedback


def _checked(said: Said) -> tuple[str, str]:
    """Words and reference as they are kept."""
    if said.kind not in FeedbackKind.values:
        raise UnusableFeedback("kind", "Say what it was: a complaint, a question, …")
    try:
        words, reference = border.from_form(said.words).strip(), said.reference.strip()
        border.check(reference)
    except border.UnusableText as why:
        raise UnusableFeedback("words", str(why)) from None
    if not words or len(words) > MOST_WORDS:
        raise UnusableFeedback("words", f"Write what they said, in at most {MOST_WORDS:,} signs.")
    if len(reference) > MOST_REFERENCE:
        raise UnusableFeedback("reference", f"At most {MOST_REFERENCE} characters.")
    if not 0 <= said.minutes <= MOST_MINUTES:
        raise UnusableFeedback("minutes", f"Minutes from 0 to {MOST_MINUTES:,}.")
    if said.happened_at is not None and said.happened_at > timezone.now():
        raise UnusableFeedback("happened_at", "That is still to come. When did they say it?")
    return words, reference
