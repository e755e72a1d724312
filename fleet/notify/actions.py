"""Tell people something: a row each in the transaction of the deed, mail as they want it."""

from __future__ import annotations

from collections.abc import Iterable

from fleet import mail
from fleet.notify.models import MailPace, Notification, NotificationSettings
from registry.models import User, Variant


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
    """
    people = {user.pk: user for user in to if user.is_active}
    chosen = {one.pk: one for one in NotificationSettings.objects.filter(pk__in=people)}
    rows = [
        Notification(
            key=f"{key}:{pk}", kind=kind, user_id=pk, variant=variant, subject=subject[:300],
            body=body, path=path,
        )
        for pk in people
        if pk not in chosen or kind not in chosen[pk].muted
    ]  # fmt: skip
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    at_once = [
        user for pk, user in people.items()
        if pk not in chosen
        or (chosen[pk].pace == MailPace.INSTANT and kind not in chosen[pk].muted)
    ]  # fmt: skip
    text = f"{body}\n\n{mail.link(path)}" if path else body
    mail.send(key, at_once, subject=subject, body=text.strip())
