"""The letters of one track, for its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from fleet.campaign.models import Track
from fleet.letter.models import Letter, LetterKind
from fleet.letter.sending import BY_CLICK, is_through, may_remind
from fleet.signoff.links import may_send
from registry.models import User

PILLS = {"sent": "done", "problem": "dead", "waiting": "waiting"}
"""State of a letter -> the pill whose colour and sign it takes."""

LABELS = {"sent": "Sent", "problem": "Not sent", "waiting": "On its way"}

ACTS = {
    LetterKind.NOTICE: ("Send notice", "message"),
    LetterKind.EVIDENCE: ("Send evidence", "send"),
    LetterKind.REMINDER: ("Remind", "hourglass"),
}
"""Kind -> the word and sign on its button."""

REPEATED = (LetterKind.NOTICE, LetterKind.EVIDENCE)
"""Kinds that may be sent once more to who has them; a reminder has its own rhythm."""


@dataclass(frozen=True)
class LetterRow:
    """One letter as lists show it."""

    letter: Letter

    @property
    def state(self) -> str:
        """`sent`, `problem` or `waiting`."""
        if self.letter.sent_at is not None:
            return "sent"
        return "problem" if self.letter.problem else "waiting"

    @property
    def pill(self) -> str:
        """The pill of its state."""
        return PILLS[self.state]

    @property
    def label(self) -> str:
        """The state in words."""
        return LABELS[self.state]

    @property
    def url(self) -> str:
        """Its page."""
        return reverse("letter-detail", args=[self.letter.pk])


def track_panel(track: Track, user: User) -> dict[str, Any]:
    """`rows`: the letters, newest first; `acts`: what this person may send now, by stage.

    For `templates/letter/_track.html`, which is given it as `panel`. One query, what
    permission asks, and four for a kind that was sent.
    """
    letters = track.letters.select_related("by").order_by("-at")
    rows = [LetterRow(one) for one in letters]
    return {
        "rows": rows,
        "acts": _acts(track, user, {LetterKind(row.letter.kind) for row in rows}),
        "moving": any(row.state == "waiting" for row in rows),
    }


def _acts(track: Track, user: User, written: set[LetterKind]) -> list[dict[str, str]]:
    """Buttons that lead to the preview; a reminder is offered while a link is out."""
    if not may_send(user, track):
        return []
    kinds = [kind for kind, stages in BY_CLICK.items() if track.stage in stages]
    if not track.needs_sign_off:
        kinds = [kind for kind in kinds if kind == LetterKind.NOTICE]
    if LetterKind.EVIDENCE not in written or not may_remind(track):
        kinds = [kind for kind in kinds if kind != LetterKind.REMINDER]
    return [
        _act(track, kind, again=kind in REPEATED and kind in written and is_through(track, kind))
        for kind in kinds
    ]


def _act(track: Track, kind: LetterKind, *, again: bool) -> dict[str, str]:
    """One button; who was written to already is written to again only when that is said."""
    label, icon = ACTS[kind]
    return {
        "kind": kind, "label": f"{label} again" if again else label,
        "icon": "refresh" if again else icon, "url": send_url(track, kind, again=again),
    }  # fmt: skip


def send_url(track: Track, kind: str, *, again: bool = False) -> str:
    """The preview of one track's letters of a kind; afterwards the track's page again."""
    asked = {"kind": kind, "tracks": str(track.pk), "back": track.get_absolute_url()}
    asked |= {"again": "1"} if again else {}
    return f"{reverse('letter-send')}?{urlencode(asked)}"
