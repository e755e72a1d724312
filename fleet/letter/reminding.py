"""One reminder by itself: the customer's answer is missing and the link is about to end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils import timezone

from fleet.campaign.models import TrackStage
from fleet.letter.models import Letter, LetterKind
from fleet.letter.outbox import owe
from fleet.signoff.models import SignOffLink

BEFORE_END = dt.timedelta(days=3)
"""So long before a link ends they are reminded: a weekend fits in."""

AFTER_START = dt.timedelta(days=1)
"""A link that is younger is not reminded of, however soon it ends."""


def remind_of_ending_links() -> int:
    """Owe a reminder for each open link that ends within BEFORE_END; how many. Safe to repeat.

    Once a link (`key`), and only where its evidence went out.
    """
    now = timezone.now()
    ending = SignOffLink.objects.filter(
        voided_at__isnull=True, sign_off__isnull=True, created_at__lte=now - AFTER_START,
        expires_at__gt=now, expires_at__lte=now + BEFORE_END,
        track__stage=TrackStage.AWAITING_SIGN_OFF,
    )  # fmt: skip
    links = list(ending.select_related("contact__tenant", "track__variant"))
    evidence = Letter.objects.filter(kind=LetterKind.EVIDENCE, sent_at__isnull=False)
    asked = _among(evidence, "about", (str(link.pk) for link in links))
    done = _among(Letter.objects.all(), "key", map(_key, links))
    owed = [link for link in links if str(link.pk) in asked and _key(link) not in done]
    for link in owed:
        owe(link.track, link.contact, LetterKind.REMINDER, about=str(link.pk), key=_key(link))
    return len(owed)


def _key(link: SignOffLink) -> str:
    return f"reminder:end:{link.pk}"


def _among(letters: QuerySet[Letter], column: str, values: Iterable[str]) -> set[str]:
    """Those of the values that letters have in a column."""
    found = letters.filter(**{f"{column}__in": list(values)})
    return set(found.values_list(column, flat=True))
