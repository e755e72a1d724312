"""Change the words of letters, or go back to the shipped ones."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from fleet.letter.languages import Place
from fleet.letter.models import LetterKind, LetterTemplate
from fleet.letter.placeholders import problems
from registry import border, events
from registry.models import Tenant, User
from registry.models.tenant import LOCALE
from registry.roles import NotAllowed, require

MOST_SUBJECT, MOST_BODY = 200, 10_000
"""Characters. A letter that is longer than three pages is an attachment."""


class UnusableWords(Exception):
    """The words cannot be saved; `fields` says by field what is in the way."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


def may_write(user: User, tenant: Tenant | None) -> bool:
    """Everybody's words are written by who runs migrations, a customer's also by its owners."""
    if user.has_perm("registry.run_campaign"):
        return not user.sees_own_tenants_only
    return tenant is not None and user.owns(tenant) and user.has_perm("registry.record_sign_off")


def _require(user: User, tenant: Tenant | None) -> None:
    if not user.is_active or not may_write(user, tenant):
        if tenant is None:
            require(user, "run_campaign")
        whose = tenant.name if tenant else "everybody"
        raise NotAllowed(f"You may not change what {whose} is written: it is not yours.")


@transaction.atomic
def save_words(
    kind: str, place: Place, tenant: Tenant | None, *, subject: str, body: str, by: User
) -> LetterTemplate:
    """Keep the words of a kind for a locale, of one tenant or (None) of everybody.

    Raises UnusableWords naming the allowed placeholders, NotAllowed.
    """
    _require(by, tenant)
    subject, body = " ".join(subject.split()), body.replace("\r\n", "\n").strip()
    _check(kind, place.locale, subject, body)
    rows = LetterTemplate.objects.select_for_update(no_key=True)
    words = rows.filter(kind=kind, locale=place.locale, tenant=tenant).first()
    if words is None:
        words = LetterTemplate(kind=LetterKind(kind), locale=place.locale, tenant=tenant)
    if (words.subject, words.body) != (subject, body):
        words.subject, words.body = subject, body
        words.save()
        events.record("lettertemplate.saved", words, by, kind=kind, locale=place.locale)
    return words


def _check(kind: str, locale: str, subject: str, body: str) -> None:
    if kind not in LetterKind.values:
        raise UnusableWords({"": "There is no such letter."})
    found: dict[str, str] = {}
    try:
        LOCALE(locale)
    except ValidationError as wrong:
        found["locale"] = str(wrong.messages[0])
    for field, text, most in (("subject", subject, MOST_SUBJECT), ("body", body, MOST_BODY)):
        if not text:
            found[field] = "Write something: a letter without words is none."
        elif len(text) > most:
            found[field] = f"At most {most:,} characters; these are {len(text):,}."
        elif why := _unstorable(text):
            found[field] = why
    found = problems(kind, subject, body) | found
    if found:
        raise UnusableWords(found)


def _unstorable(text: str) -> str:
    try:
        border.check(text)
    except border.UnusableText as why:
        return str(why)
    return ""


@transaction.atomic
def reset_words(kind: str, place: Place, tenant: Tenant | None, *, by: User) -> bool:
    """Drop the words of a kind and place, so that the next closest apply; False if none were there.

    Their history stays. Raises NotAllowed.
    """
    _require(by, tenant)
    rows = LetterTemplate.objects.select_for_update(no_key=True)
    words = rows.filter(kind=kind, locale=place.locale, tenant=tenant).first()
    if words is None:
        return False
    events.record("lettertemplate.reset", words, by, kind=kind, locale=place.locale)
    words.delete()
    return True
