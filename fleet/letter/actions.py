"""Send letters by a click: for one track or many, each alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from django.db import transaction

from fleet.campaign.actions import Outcome
from fleet.campaign.models import Track
from fleet.letter.models import Letter, LetterKind
from fleet.letter.outbox import LETTER_KIND, owe, record
from fleet.letter.sending import Draft, plan, sendable
from fleet.letter.words import Shelf, load_shelf
from fleet.letter.written import AGAIN, base_of
from fleet.review.actions import Blocked
from fleet.signoff.links import issue_link, may_send
from registry import work
from registry.models import User, WorkItem, WorkState
from registry.roles import NotAllowed


def send_letters(tracks: Sequence[Track], kind: str, *, by: User, again: str = "") -> Outcome:
    """Owe each contact of each track a letter of this kind; a track that cannot is left with why.

    Left are tracks without a contact, in a stage the letter does not fit, those it was sent for
    in the same state already, and those of customers that are not `by`'s to write to.
    `again`: who has it already gets it once more, once by this mark.
    """
    chosen = sendable(Track.objects.filter(pk__in=[track.pk for track in tracks]))
    planned = plan(chosen, kind, by=by, again=again)
    shelf = load_shelf({draft.contact.tenant_id for draft in planned.drafts})
    outcome = Outcome([], list(planned.left))
    for track, drafts in groupby(planned.drafts, key=lambda draft: draft.track):
        try:
            with transaction.atomic():
                for draft in drafts:
                    _owe(draft, planned.kind, by, shelf)
            outcome.done.append(track)
        except (Blocked, NotAllowed) as why:
            outcome.left.append((track, str(why)))
    return outcome


def _owe(draft: Draft, kind: LetterKind, by: User, shelf: Shelf) -> Letter:
    """The letter of a draft; evidence gets the contact's link for the track as it stands."""
    if kind == LetterKind.EVIDENCE:
        link = issue_link(draft.track, draft.contact, by)
        about = str(link.pk)
        key = draft.key if draft.about == about else f"evidence:{about}"
    else:
        about, key = draft.about, draft.key
    return owe(draft.track, draft.contact, kind, about=about, key=key, by=by, shelf=shelf)


@transaction.atomic
def try_again(letter: Letter, *, by: User) -> bool:
    """Owe a letter once more that was given up; False when it was not, or another took its place.

    Raises NotAllowed.
    """
    track = Track.objects.select_related("variant__tenant").get(pk=letter.track_id)
    if not may_send(by, track):
        raise NotAllowed(f"You may not write to {track.variant.tenant_name}.")
    item = WorkItem.objects.filter(kind=LETTER_KIND, key=f"letter:{letter.pk}").first()
    if item is None or item.state != WorkState.DEAD or letter.sent_at is not None:
        return False
    later = Letter.objects.filter(key__startswith=f"{base_of(letter.key)}{AGAIN}")
    if later.filter(at__gt=letter.at).exists():
        return False
    letter.problem = ""
    letter.save(update_fields=["problem"])
    record("letter.owed", letter, by)
    work.try_again(item)
    return True
