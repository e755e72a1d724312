"""What a mail server said when it did not take a mail, as people can read it. Pure."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused, SMTPResponseException

LONGEST = 400
"""Characters kept: servers send whole paragraphs with links."""


class NotTaken(OSError):
    """The mail server did not take a letter for hours; says what it said last."""


def said_by(no: OSError) -> str:
    """Code and words of an SMTP reply, else what went wrong on the way there."""
    if isinstance(no, SMTPRecipientsRefused) and no.recipients:
        code, words = next(iter(no.recipients.values()))
        return _text(code, words)
    if isinstance(no, SMTPResponseException):
        return _text(no.smtp_code, no.smtp_error)
    return f"{type(no).__name__}: {no}"[:LONGEST]


def is_for_good(no: SMTPRecipientsRefused) -> bool:
    """Whether the server will never take this address (5xx), however often it is asked."""
    return any(code >= 500 for code, _ in no.recipients.values())


def _text(code: int, words: bytes | str) -> str:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return f"{code} {' '.join(said.replace(chr(0), '').split())}"[:LONGEST]
