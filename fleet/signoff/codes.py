"""The one-time code that confirms a decision: mailed to the contact, good for minutes."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from fleet.campaign.actions.tracks import lock_track
from fleet.letter.models import LetterKind
from fleet.letter.outbox import owe
from fleet.signoff.holding import Problem, refuse
from fleet.signoff.links import end_links
from fleet.signoff.models import DecisionCode, SignOffLink
from fleet.signoff.secrets import code_hash, is_code, looks_like_code, new_code

GOOD_FOR = dt.timedelta(minutes=15)
TRIES = 5
"""Of one code; then a new one has to be mailed."""

AN_HOUR = 5
"""Codes that go out for one link in an hour."""

MOST_WRONG = 20
"""Wrong codes in a link's whole life, then it ends: 20 of a million guesses, 1 in 50,000."""

PRESSED_TWICE = dt.timedelta(seconds=20)
"""Within so long the code that is on its way serves a second request too."""


class TooManyCodes(Exception):
    """No further code goes out within this hour."""


class WrongCode(Exception):
    """Not the code. `left`: tries that this code still has; 0 asks for a new one."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} tries left")
        self.left = left


@transaction.atomic
def send_code(link: SignOffLink) -> DecisionCode:
    """Owe the contact a code; it takes the place of earlier ones.

    Raises LinkRefused when the link does not hold, TooManyCodes.
    """
    track = lock_track(link.track)
    link = lock_link(link)
    refuse(link, track)
    now = timezone.now()
    newest = link.codes.first()
    if newest is not None and newest.created_at > now - PRESSED_TWICE and newest.tries == 0:
        return newest
    if link.codes.filter(created_at__gt=now - dt.timedelta(hours=1)).count() >= AN_HOUR:
        raise TooManyCodes
    pk = uuid.uuid4()
    code = DecisionCode.objects.create(
        pk=pk, link=link, code_hash=code_hash(pk, new_code(pk)), expires_at=now + GOOD_FOR
    )
    owe(track, link.contact, LetterKind.CODE, about=str(pk), key=f"code:{pk}")
    return code


def lock_link(link: SignOffLink) -> SignOffLink:
    """The link under row lock, after its track."""
    held = SignOffLink.objects.select_for_update(of=("self",), no_key=True)
    return held.select_related("contact", "sign_off").get(pk=link.pk)


def use_code(link: SignOffLink, typed: str) -> WrongCode | None:
    """Use up the newest code of a link that is under lock, or count a wrong try.

    What cannot be a code guesses nothing, so it costs no try. A refusal is returned, not
    raised: the count has to stay when the decision is refused.
    """
    code = link.codes.select_for_update().first()
    if code is None or code.used_at or code.expires_at <= timezone.now() or code.tries >= TRIES:
        return WrongCode(0)
    if is_code(code, typed):
        code.used_at = timezone.now()
        code.save(update_fields=["used_at"])
        return None
    if not looks_like_code(typed):
        return WrongCode(TRIES - code.tries)
    code.tries += 1
    code.save(update_fields=["tries"])
    wrong = link.codes.aggregate(all=Sum("tries"))["all"]
    if wrong >= MOST_WRONG:
        end_links(SignOffLink.objects.filter(pk=link.pk), Problem.WITHDRAWN)
    return WrongCode(TRIES - code.tries)


def was_used(link: SignOffLink, typed: str) -> bool:
    """Whether these digits are the ones the link's decision was confirmed with."""
    code = link.codes.exclude(used_at=None).first()
    return code is not None and is_code(code, typed)
