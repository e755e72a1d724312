"""Send one letter that is owed: its secret filled in, once."""

from __future__ import annotations

import datetime as dt
from email.utils import formataddr, parseaddr
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from fleet.campaign.telling import people_of
from fleet.letter.models import Letter, LetterKind
from fleet.letter.outbox import ends_at, record
from fleet.letter.placeholders import unfilled
from fleet.letter.refusals import NotTaken, is_for_good, said_by
from fleet.mail import one_line
from fleet.notify.actions import tell
from fleet.signoff.secrets import SecretGone, fill
from registry import work
from registry.models import User, WorkItem


def send_letter(item: WorkItem) -> None:
    """Send one letter of the outbox, or note why it must not go out any more.

    Its Message-ID is the letter's id: should a worker die between the mail server's yes and ours,
    the second sending can be told. A mail server that does not answer is asked again for hours.
    """
    found = Letter.objects.select_related("by", "track", "contact")
    letter = found.get(pk=item.payload["letter"])
    if letter.sent_at is None:
        if letter.contact is not None and letter.contact.removed_at is not None:
            return _end(item, letter, problem=f"{letter.to_name} is no contact any more.")
        try:
            body = with_secrets(letter)
        except SecretGone as why:
            return _end(item, letter, problem=str(why))
        try:
            message_to(letter, body).send()
        except SMTPRecipientsRefused as no:
            if is_for_good(no):
                problem = f"The mail server refuses the address: {said_by(no)}"
                return _end(item, letter, problem=problem)
            return _wait(item, letter, no)
        except OSError as no:  # smtplib's errors are OSErrors too
            return _wait(item, letter, no)
    _end(item, letter)


def _wait(item: WorkItem, letter: Letter, no: OSError) -> None:
    """Try again later; after the last time the error goes to the outbox, which gives it up."""
    delay = wait_after(timezone.now() - letter.at)
    if delay is None:
        raise NotTaken(said_by(no)) from no
    work.put_off(item, timezone.now() + delay, said_by(no))


def wait_after(age: dt.timedelta) -> dt.timedelta | None:
    """How long a letter of this age waits for the mail server: as long again, up to an hour.

    None once PATIENCE is over.
    """
    return None if age > PATIENCE else min(max(age, SHORTEST), LONGEST)


PATIENCE, SHORTEST, LONGEST = (
    dt.timedelta(hours=10),
    dt.timedelta(seconds=15),
    dt.timedelta(hours=1),
)
"""A mail server that is away over night is waited for; a code's time is over long before."""


def with_secrets(letter: Letter) -> str:
    """The body as it leaves. Raises SecretGone when its link or code is over."""
    until = ends_at(letter.kind, letter.about)
    if until is not None and until <= timezone.now():
        raise SecretGone("Its time was over before the letter could be sent.")
    body = letter.body
    for name, value in fill(letter).items():
        body = body.replace(f"{{{{{name}}}}}", value)
    missing = unfilled(body)
    if missing:
        raise SecretGone(f"There is nothing to put in the place of {{{{{missing[0]}}}}}.")
    return body


def message_to(letter: Letter, body: str) -> EmailMessage:
    """The mail of a letter; an answer goes to whoever sent it, else to who owns the track."""
    people = [letter.by] if letter.by is not None else people_of(letter.track)
    return EmailMessage(
        one_line(letter.subject), f"{body}\n",
        to=[formataddr((one_line(letter.to_name), letter.to_email))],
        reply_to=[one.email for one in people if one.is_active and one.email],
        headers={"Message-ID": message_id(letter)},
    )  # fmt: skip


def message_id(letter: Letter) -> str:
    """The same at every sending: by it a second delivery can be told."""
    return f"<letter-{letter.pk}@{_domain()}>"


def _domain() -> str:
    """The sender's domain: a Message-ID without one is taken for spam."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "prompt-fleet"


@transaction.atomic
def _end(item: WorkItem, letter: Letter, problem: str = "") -> None:
    """It is through: sent, or not to be sent any more. LeaseLost undoes the mark."""
    if letter.sent_at is None:
        letter.problem = problem
        letter.sent_at = None if problem else timezone.now()
        letter.save(update_fields=["problem", "sent_at"])
        verb = "letter.not_sent" if problem else "letter.sent"
        record(verb, letter, None, problem)
        if problem:
            _tell_sender(letter)
    work.finish(item)


def give_up(item: WorkItem) -> None:
    """The outbox gave it up: the letter says so, and whoever looks after the customer hears it."""
    letter = Letter.objects.select_related("by", "track").get(pk=item.payload["letter"])
    if letter.sent_at is None:
        item.refresh_from_db(fields=["last_error"])
        letter.problem = f"{GIVEN_UP} Last time: {item.last_error.removeprefix(_NOT_TAKEN)}"
        letter.save(update_fields=["problem"])
        record("letter.not_sent", letter, None, letter.problem)
        _tell_sender(letter)


GIVEN_UP = "The mail server did not take it. Send it again, or ask an operator for the log."

_NOT_TAKEN = f"{NotTaken.__name__}: "
"""How the outbox writes the error down."""


def _tell_sender(letter: Letter) -> None:
    """Tell who sent it and the account's owners; a code's reader asks for another one anyway."""
    if letter.kind == LetterKind.CODE:
        return
    tenant = letter.track.variant.tenant
    people: list[User] = list(tenant.active_owners) if tenant is not None else []
    tell(
        f"letter:{letter.pk}:{letter.problem[:40]}", "letter.not_sent",
        [*people, *([letter.by] if letter.by is not None else [])],
        subject=f"Not sent: {letter.get_kind_display()} to {letter.to_name}",
        body=letter.problem, path=reverse("letter-detail", args=[letter.pk]),
        variant=letter.track.variant,
    )  # fmt: skip
