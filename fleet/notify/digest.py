"""One mail of all that was told since the last: by the hour or by the morning."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.db.models import Min, Q
from django.urls import reverse
from django.utils import timezone

from fleet import mail
from fleet.notify.kinds import kind_of
from fleet.notify.models import MailPace, Notification, NotificationSettings
from fleet.notify.pace import owed_before, zone

log = logging.getLogger(__name__)

MOST = 100
"""Things one mail lists; the rest is counted, with a link to the page that has them all."""


def send_digests() -> int:
    """Hand every digest that is due to the outbox; how many there were. Safe to run twice at once.

    One person's trouble does not keep the others waiting.
    """
    sent = 0
    for pk in _waiting():
        try:
            sent += send_digest(pk)
        except Exception:
            log.exception("The digest of user %s failed; the next beat tries again.", pk)
    return sent


def _waiting() -> list[int]:
    """Ids of people with something unmailed that is due."""
    now = timezone.now()
    unmailed = Q(user__notifications__mailed_at__isnull=True)
    people = (
        NotificationSettings.objects.exclude(pace=MailPace.OFF)
        .filter(unmailed, user__is_active=True)
        .annotate(oldest=Min("user__notifications__at", filter=unmailed))
    )
    return [one.pk for one in people if _is_due(one, one.oldest, now)]


def _is_due(settings: NotificationSettings, oldest: dt.datetime, now: dt.datetime) -> bool:
    before = owed_before(settings.pace, now, zone(settings.timezone))
    return before is not None and oldest <= before


@transaction.atomic
def send_digest(pk: int) -> bool:
    """Owe one person's digest if it is due: the mail and the marks in one transaction.

    False when another beat has it in hand, or had: the settings row is the lock.
    """
    locked = NotificationSettings.objects.select_for_update(
        of=("self",), no_key=True, skip_locked=True
    )
    chosen = locked.select_related("user").filter(pk=pk).first()
    if chosen is None:
        return False
    unmailed = Notification.objects.filter(user=pk, mailed_at__isnull=True)
    found = list(unmailed.order_by("pk"))
    now = timezone.now()
    if not found or not _is_due(chosen, min(one.at for one in found), now):
        return False
    unread = [one for one in found if one.read_at is None]
    if unread:
        key = f"digest:{pk}:{unread[-1].pk}"
        mail.send(key, [chosen.user], subject=subject(unread), body=body(unread))
    # By name, not by range: what commits just now with a lower id was not listed.
    Notification.objects.filter(pk__in=[one.pk for one in found]).update(mailed_at=now)
    return bool(unread)


def subject(found: list[Notification]) -> str:
    """Of one thing its own words, of more how many."""
    if len(found) == 1:
        return mail.one_line(found[0].subject)
    return f"{len(found)} notifications from the prompt fleet"


def body(found: list[Notification]) -> str:
    """The list by kind, each with its link, in the order it was told."""
    shown = found[:MOST]
    kinds = dict.fromkeys(one.kind for one in shown)
    parts = [
        "\n\n".join([f"{kind_of(kind).label}:", *(_line(one) for one in shown if one.kind == kind)])
        for kind in kinds
    ]
    if len(found) > MOST:
        parts.append(f"And {len(found) - MOST} more: {mail.link(reverse('notification-list'))}")
    return "\n\n".join([*parts, f"How often: {mail.link(reverse('notification-settings'))}"])


def _line(one: Notification) -> str:
    lines = [f"- {mail.one_line(one.subject)}"]
    lines += [f"  {line}" for line in one.body.splitlines() if line.strip()]
    lines += [f"  {mail.link(one.path)}"] if one.path else []
    return "\n".join(lines)
