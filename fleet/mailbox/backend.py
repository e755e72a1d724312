"""An e-mail backend that keeps mails here instead of sending them."""

from __future__ import annotations

from collections.abc import Sequence
from email.header import decode_header, make_header

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage, make_msgid

from fleet.mailbox.models import LocalMail


class EmailBackend(BaseEmailBackend):
    """Writes each mail as a row; of the same Message-ID the first one stands."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the mails; how many there were."""
        LocalMail.objects.bulk_create(map(kept, email_messages), ignore_conflicts=True)
        return len(email_messages)


def kept(message: EmailMessage) -> LocalMail:
    """A mail as it would have left."""
    headers = {name.lower(): str(value) for name, value in message.extra_headers.items()}
    return LocalMail(
        message_id=(headers.get("message-id") or make_msgid())[:300],
        sender=message.from_email[:300],
        to=", ".join(str(make_header(decode_header(one))) for one in message.recipients()),
        subject=" ".join(str(message.subject).split()),
        body=str(message.body),
    )
