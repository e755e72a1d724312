"""What was written about some tracks so far, so that nobody is written the same twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from uuid import UUID

from django.utils import timezone

from fleet.campaign.models import Track
from fleet.letter.models import Letter, LetterKind
from fleet.letter.words import Shelf, load_shelf
from fleet.signoff.models import SignOffLink
from registry.models import Contact

AGAIN = "#"
"""Parts a letter's key from the number of a further try, after one that could not be sent."""


ONCE_MORE = "~"
"""Parts a letter's key from the mark of the page on which it was asked for once more."""


class Written:
    """Letters of one kind and open links of some tracks, and the words there are: three queries.

    `again`: a mark that lets everybody be written to once more; by the same mark only once.
    """

    def __init__(self, tracks: Sequence[Track], kind: LetterKind, again: str = "") -> None:
        self.kind, self._again = kind, f"{ONCE_MORE}{again}" if again else ""
        tenants = {one.variant.tenant_id for one in tracks if one.variant.tenant_id is not None}
        self.shelf: Shelf = load_shelf(tenants)
        pks = [one.pk for one in tracks]
        letters = Letter.objects.filter(track__in=pks, kind=kind).order_by()
        rows = list(letters.values_list("key", "sent_at", "problem"))
        self.keys = {key for key, sent_at, problem in rows if sent_at or not problem}
        self._failed = Counter(base_of(key) for key, sent_at, problem in rows
                               if problem and not sent_at)  # fmt: skip
        links = SignOffLink.objects.filter(
            track__in=pks, voided_at__isnull=True, sign_off__isnull=True,
            expires_at__gt=timezone.now(),
        )  # fmt: skip
        self._links: dict[tuple[UUID, int], SignOffLink] = {
            (one.track_id, one.contact_id): one for one in links
        }

    def link_of(self, track: Track, contact: Contact) -> SignOffLink | None:
        """The contact's open link for a track."""
        return self._links.get((track.pk, contact.pk))

    def key_of(self, track: Track, contact: Contact) -> str:
        """What makes the letter happen once; empty: it cannot be written to this person now.

        A letter that could not be sent leaves the way free for another one.
        """
        key = _KEYS[self.kind](track, contact, self.link_of(track, contact))
        key += self._again if key else ""
        tries = self._failed[key]
        return f"{key}{AGAIN}{tries}" if tries else key

    def nobody(self, track: Track) -> str:
        """Why nothing is left to write to anybody."""
        if self.kind == LetterKind.REMINDER and not self._asked(track):
            return "Nobody was asked yet: send the evidence first."
        if self.kind == LetterKind.REMINDER:
            return "They were reminded today."
        return SENT_ALREADY

    def _asked(self, track: Track) -> bool:
        return any(pk == track.pk for pk, _ in self._links)


SENT_ALREADY = "Sent already, and nothing has changed since."


def base_of(key: str) -> str:
    """A letter's key without the number of its try."""
    return key.partition(AGAIN)[0]


def _notice_key(track: Track, contact: Contact, _: SignOffLink | None) -> str:
    """Once, and once more where the date of the change was set or moved."""
    when = track.due_at.isoformat() if track.due_at else "undated"
    return f"notice:{track.pk}:{contact.pk}:{when}"


def _evidence_key(track: Track, contact: Contact, link: SignOffLink | None) -> str:
    """Once a link; while there is none, a new one is made for it."""
    return f"evidence:{link.pk}" if link else f"evidence:{track.pk}:{contact.pk}:new"


def _reminder_key(_: Track, __: Contact, link: SignOffLink | None) -> str:
    """Once a day for each link that is open."""
    return f"reminder:{link.pk}:{timezone.localdate().isoformat()}" if link else ""


_KEYS: dict[LetterKind, Callable[[Track, Contact, SignOffLink | None], str]] = {
    LetterKind.NOTICE: _notice_key,
    LetterKind.EVIDENCE: _evidence_key,
    LetterKind.REMINDER: _reminder_key,
}
