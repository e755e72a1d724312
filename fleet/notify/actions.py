"""Tell people something: a row each in the transaction of the deed, mail as they want it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from fleet import mail
from fleet.notify import chat
from fleet.notify.kinds import KINDS, kind_of
from fleet.notify.models import MailPace, Notification, NotificationSettings
from fleet.notify.pace import zone_names
from registry.models import User, Variant


class UnusableSettings(Exception):
    """The pace, time zone or kind does not exist; the message says which."""


def tell(
    key: str,
    kind: str,
    to: Iterable[User],
    *,
    subject: str,
    body: str = "",
    path: str = "",
    variant: Variant | None = None,
) -> None:
    """Tell each of these people once (by `key` and person), in the caller's transaction.

    `kind` is what a person can mute, namespaced like an event's verb; `path` the page it is about.
    A kind that the team's channel hears is posted there once, however many people are told.
    """
    people = {user.pk: user for user in to if user.is_active}
    chosen = {one.pk: one for one in NotificationSettings.objects.filter(pk__in=people)}
    told = [pk for pk in sorted(people) if not _muted(kind, chosen.get(pk))]
    at_once = {pk for pk in told if pk not in chosen or chosen[pk].pace == MailPace.INSTANT}
    now = timezone.now()
    rows = [
        Notification(
            key=f"{key}:{pk}", kind=kind, user_id=pk, variant=variant, subject=subject[:300],
            body=body, path=path, mailed_at=now if pk in at_once else None,
        )
        for pk in told
    ]  # fmt: skip
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    if at_once:
        text = f"{body}\n\n{mail.link(path)}" if path else body
        mail.send(
            key, [people[pk] for pk in sorted(at_once)], subject=mail.one_line(subject),
            body=text.strip(),
        )  # fmt: skip
    if kind_of(kind).chat:
        chat.owe(key, subject=subject, body=body, path=path)


def _muted(kind: str, settings: NotificationSettings | None) -> bool:
    return settings is not None and kind in settings.muted and kind_of(kind).mutable


def settings_of(user: User) -> NotificationSettings:
    """A person's settings; what goes without saying where they never chose."""
    return NotificationSettings.objects.filter(user=user).first() or NotificationSettings(user=user)


@transaction.atomic
def save_settings(
    user: User, *, pace: str, timezone_name: str, muted: Sequence[str]
) -> NotificationSettings:
    """Keep how a person wants to be told. Raises UnusableSettings.

    Who had no mail so far gets none of what came meanwhile.
    """
    _check(pace, timezone_name, muted)
    NotificationSettings.objects.get_or_create(user=user)
    chosen = NotificationSettings.objects.select_for_update(no_key=True).get(user=user)
    if chosen.pace == MailPace.OFF != pace:
        unmailed = Notification.objects.filter(user=user, mailed_at__isnull=True)
        unmailed.update(mailed_at=timezone.now())
    chosen.pace, chosen.timezone, chosen.muted = MailPace(pace), timezone_name, sorted(set(muted))
    chosen.save()
    return chosen


def _check(pace: str, timezone_name: str, muted: Sequence[str]) -> None:
    if pace not in MailPace.values:
        raise UnusableSettings("Choose how often mail should come.")
    if timezone_name not in zone_names():
        raise UnusableSettings(f"There is no time zone “{timezone_name[:60]}”.")
    wrong = [name for name in muted if name not in KINDS or not KINDS[name].mutable]
    if wrong:
        raise UnusableSettings(f"“{wrong[0][:40]}” cannot be muted.")


def mark_read(user: User, pk: int) -> Notification | None:
    """Note that this person opened it; None when it is not theirs."""
    found = Notification.objects.filter(user=user, pk=pk).first()
    if found is not None and found.read_at is None:
        found.read_at = timezone.now()
        found.save(update_fields=["read_at"])
    return found


def mark_all_read(user: User, up_to: int) -> int:
    """Note that this person has seen all up to this id; how many there were.

    What came in after the page was drawn stays unread.
    """
    unread = Notification.objects.filter(user=user, read_at__isnull=True, pk__lte=up_to)
    return unread.update(read_at=timezone.now())
