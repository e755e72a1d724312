"""Which letters a click would send: one for each contact of each track, and why others are left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from fleet.campaign import scope
from fleet.campaign.models import Track, TrackStage
from fleet.letter.models import LetterKind
from fleet.letter.placeholders import fill, fill_line
from fleet.letter.values import values_of
from fleet.letter.written import Written
from fleet.signoff.links import may_send
from fleet.signoff.models import SignOffLink
from registry.models import Contact, Tenant, User

BEFORE = (
    TrackStage.QUEUED, TrackStage.EVALUATING, TrackStage.NEEDS_WORK, TrackStage.AWAITING_SIGN_OFF,
    TrackStage.SIGNED_OFF, TrackStage.SCHEDULED,
)  # fmt: skip
"""Stages in which a change can still be announced."""

BY_CLICK = {
    LetterKind.NOTICE: BEFORE,
    LetterKind.EVIDENCE: (TrackStage.AWAITING_SIGN_OFF,),
    LetterKind.REMINDER: (TrackStage.AWAITING_SIGN_OFF,),
}
"""Kind that a person sends -> the stages it fits; the other kinds are sent by themselves."""


@dataclass(frozen=True)
class Draft:
    """One letter as it would be written. The secret in it is made when it is sent."""

    track: Track
    contact: Contact
    locale: str
    subject: str
    body: str
    key: str
    about: str = ""


@dataclass(frozen=True)
class Plan:
    """What would be sent, and which tracks would be left with why."""

    kind: LetterKind
    drafts: list[Draft]
    left: list[tuple[Track, str]]

    @property
    def people(self) -> int:
        """To how many people, each counted once however many letters."""
        return len({draft.contact.email.lower() for draft in self.drafts})

    @property
    def locales(self) -> list[str]:
        """The languages and locales of the words, sorted."""
        return sorted({draft.locale for draft in self.drafts})


def sendable(found: QuerySet[Track]) -> QuerySet[Track]:
    """The tracks with all that a letter about them says, in a fixed number of queries."""
    return (
        found.select_related(*scope.of("campaign"), "campaign__opened_by", "owner", "run")
        .select_related("variant__tenant", "variant__prompt", "baseline__model_target")
        .select_related("baseline__base_version", "baseline__policy_version")
        .defer(*scope.of("campaign", scope.TEXTS), "baseline__text", "baseline__segments")
        .defer("baseline__base_version__text", "baseline__policy_version__text")
        .prefetch_related("variant__tenant__owners", "variant__tenant__contacts")
    )


def plan(tracks: Iterable[Track], kind: str, *, by: User, again: str = "") -> Plan:
    """The letters of a kind that `by` may send now for these tracks (best from `sendable`).

    `again`: also to who has this letter already, once by this mark.
    """
    chosen = list(tracks)
    made = Plan(LetterKind(kind), [], [])
    written = Written(chosen, made.kind, again)
    for track in chosen:
        why = _unfit(track, made.kind, by)
        drafts = [] if why else list(_drafts(track, written))
        if drafts:
            made.drafts.extend(drafts)
        else:
            made.left.append((track, why or written.nobody(track)))
    return made


def is_through(track: Track, kind: LetterKind) -> bool:
    """Whether everybody whom this letter could go to has it already. Four queries."""
    tenant = track.variant.tenant
    contacts = tenant.active_contacts if tenant is not None else []
    written = Written([track], kind)
    return bool(contacts) and all(written.key_of(track, one) in written.keys for one in contacts)


def may_remind(track: Track) -> bool:
    """Whether somebody holds an open link and was not reminded of it today. Four queries."""
    tenant = track.variant.tenant
    written = Written([track], LetterKind.REMINDER)
    keys = [written.key_of(track, one) for one in (tenant.active_contacts if tenant else [])]
    return any(key and key not in written.keys for key in keys)


def _unfit(track: Track, kind: LetterKind, by: User) -> str:
    """Why no such letter fits a track; empty when one does."""
    tenant = track.variant.tenant
    if tenant is None:
        return "The platform default is nobody's: there is no one to write to."
    if not may_send(by, track):
        return f"You may not write to {tenant.name}: its owner does, or who runs the migration."
    if kind not in BY_CLICK:
        return "This letter is sent by itself."
    if track.stage not in BY_CLICK[kind]:
        return f"It is “{track.get_stage_display()}”."
    if kind != LetterKind.NOTICE and not track.needs_sign_off:
        return "This customer need not sign."
    if not tenant.active_contacts:
        return "No contact: add a person with an address to the customer."
    return ""


def _drafts(track: Track, written: Written) -> Iterable[Draft]:
    tenant = track.variant.tenant
    assert tenant is not None
    for contact in tenant.active_contacts:
        key = written.key_of(track, contact)
        if key and key not in written.keys:
            link = written.link_of(track, contact)
            yield _draft(track, contact, tenant, written, key, link)


def _draft(
    track: Track, contact: Contact, tenant: Tenant, written: Written, key: str,
    link: SignOffLink | None,
) -> Draft:  # fmt: skip
    words = written.shelf.words_for(written.kind, tenant)
    values = values_of(track, contact, tenant, expires_at=link.expires_at if link else None)
    about = str(link.pk) if link and written.kind != LetterKind.NOTICE else ""
    return Draft(
        track, contact, words.locale, fill_line(words.subject, values), fill(words.body, values),
        key, about,
    )  # fmt: skip
