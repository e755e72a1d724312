"""The secrets of a sign-off: a link's token and a one-time code. Derived, never stored.

Both come by HMAC from a key of their own (derived of SECRET_KEY) and the row's id. The rows hold
hashes alone, letters hold placeholders: whoever reads the database can neither open a link nor
confirm a decision.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from base64 import urlsafe_b64encode

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from fleet.letter.models import Letter, LetterKind
from fleet.signoff.models import DecisionCode, SignOffLink

DIGITS = 6
"""Of a code. What keeps it from being guessed is how few tries there are (`codes`)."""

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")
"""32 bytes in base64, without padding."""


class SecretGone(Exception):
    """The secret of a letter cannot be told any more; the message says why."""


def new_token(pk: uuid.UUID, key: str | bytes | None = None) -> str:
    """The token of the link with this id: 256 bits, 43 characters fit for an address."""
    mac = salted_hmac("fleet.signoff.link", str(pk), secret=key, algorithm="sha256")
    return urlsafe_b64encode(mac.digest()).decode().rstrip("=")


def hash_of(token: str) -> str:
    """What is stored of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_of(link: SignOffLink) -> str:
    """The link's token; SecretGone when it was made with a SECRET_KEY that is gone."""
    for key in _keys():
        token = new_token(link.pk, key)
        if constant_time_compare(hash_of(token), link.token_hash):
            return token
    raise SecretGone("SECRET_KEY was changed since. Void the link and send a new one.")


def address_of(link: SignOffLink) -> str:
    """The link as it stands in the letter."""
    return f"{settings.SITE_URL}{reverse('sign-off', args=[token_of(link)])}"


def new_code(pk: uuid.UUID, key: str | bytes | None = None) -> str:
    """The digits of the code with this id."""
    mac = salted_hmac("fleet.signoff.code", str(pk), secret=key, algorithm="sha256")
    return f"{int.from_bytes(mac.digest()[:8]) % 10**DIGITS:0{DIGITS}}"


def code_hash(pk: uuid.UUID, digits: str, key: str | bytes | None = None) -> str:
    """What is stored of a code. Keyed: the plain hash of six digits is undone in a second."""
    said = f"{pk}:{digits}"
    mac = salted_hmac("fleet.signoff.code-hash", said, secret=key, algorithm="sha256")
    return mac.hexdigest()


def looks_like_code(typed: str) -> bool:
    """Whether this could be a code at all."""
    return len(typed) == DIGITS and typed.isascii() and typed.isdigit()


def is_code(code: DecisionCode, typed: str) -> bool:
    """Whether these are the code's digits; takes as long for a wrong one."""
    return any(
        constant_time_compare(code_hash(code.pk, typed, key), code.code_hash) for key in _keys()
    )


def fill(letter: Letter) -> dict[str, str]:
    """Placeholder -> what stands there when the letter is sent: `link`, or `code`.

    Raises SecretGone when the link or code it is about is over: the letter must not go out.
    """
    if not letter.about:
        return {}
    if letter.kind == LetterKind.CODE:
        return {"code": _code_of(DecisionCode.objects.get(pk=letter.about))}
    link = SignOffLink.objects.get(pk=letter.about)
    if link.voided_at is not None or link.sign_off_id is not None:
        raise SecretGone(f"The link in it is over: {link.void_why or 'the answer is there.'}")
    return {"link": address_of(link)}


def _code_of(code: DecisionCode) -> str:
    for key in _keys():
        digits = new_code(code.pk, key)
        if constant_time_compare(code_hash(code.pk, digits, key), code.code_hash):
            return digits
    raise SecretGone("SECRET_KEY was changed since. They have to ask for a new code.")


def _keys() -> list[str | bytes]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
