"""The page before letters go out: how many, to whom, and each to be read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.db.models import QuerySet

from fleet.campaign.actions import Outcome
from fleet.campaign.models import Track
from fleet.letter.models import Letter, LetterKind
from fleet.letter.panel import ACTS, REPEATED, send_url
from fleet.letter.scope import ids_in, tracks_for
from fleet.letter.sending import Plan, plan
from fleet.letter.words import language_name
from fleet.letter.written import SENT_ALREADY
from registry.models import User

MOST_READ = 200
"""Letters that the page shows in full; the words of the rest are the same."""


def chosen(user: User, asked: Any) -> QuerySet[Track]:
    """The tracks a request names, or all of the campaign it names, that the person may see."""
    mine = tracks_for(user).order_by("variant__tenant__name", "pk")
    campaigns = ids_in(asked.getlist("campaign"))
    if campaigns:
        return mine.filter(campaign__in=campaigns)
    return mine.filter(pk__in=ids_in(asked.getlist("tracks")))


def kind_in(asked: Any) -> LetterKind | None:
    """The kind of letter a request names, if a person may send it."""
    name = asked.get("kind", "")
    return LetterKind(name) if name in ACTS else None


def again_in(asked: Any) -> str:
    """The mark under which letters are asked for once more; a new one for a page that has none."""
    mark: str = asked.get("again", "")
    if mark == "1":
        return uuid4().hex[:MARK]
    return mark if re.fullmatch(rf"[0-9a-f]{{{MARK}}}", mark) else ""


MARK = 12
"""Letters of a mark: two pages must not have the same."""


def context(
    user: User, tracks: QuerySet[Track], kind: LetterKind, back: str, again: str = ""
) -> dict[str, Any]:
    """What would go out, by customer, and what would not."""
    planned = plan(tracks, kind, by=user, again=again)
    shown = planned.drafts[:MOST_READ]
    return {
        "kind": kind, "kind_label": kind.label, "plan": planned, "drafts": shown,
        "more": len(planned.drafts) - len(shown), "sentence": in_a_sentence(planned),
        "left": by_reason(planned.left), "back": back, "act": ACTS[kind][0],
        "languages": [language_name(one) for one in planned.locales],
        "tracks": dict.fromkeys(str(draft.track.pk) for draft in planned.drafts),
        "again": again, "before": _before(planned) if again else [],
        "again_url": _again_url(planned),
    }  # fmt: skip


def _before(planned: Plan) -> QuerySet[Letter]:
    """The letters that those who would be written to have already, the newest first."""
    written = Letter.objects.filter(kind=planned.kind, problem="").select_related("by")
    tracks = {draft.track.pk for draft in planned.drafts}
    return written.filter(track__in=tracks).order_by("-at")[:MOST_READ]


def _again_url(planned: Plan) -> str:
    """Where the letter of one track is sent once more; empty where it was not sent."""
    if planned.drafts or len(planned.left) != 1 or planned.kind not in REPEATED:
        return ""
    [(track, why)] = planned.left
    return send_url(track, planned.kind, again=True) if why == SENT_ALREADY else ""


def in_a_sentence(planned: Plan) -> str:
    """“34 letters to 33 people in 4 languages”."""
    counts = (
        (len(planned.drafts), "letter", "letters"), (planned.people, "person", "people"),
        (len(planned.locales), "language", "languages"),
    )  # fmt: skip
    letters, people, languages = (
        f"{count} {one if count == 1 else many}" for count, one, many in counts
    )
    return f"{letters} to {people} in {languages}"


def by_reason(left: Sequence[tuple[Track, str]]) -> list[tuple[str, list[str]]]:
    """Reason -> names of the variants it keeps back, the rarest reason first."""
    found: dict[str, list[str]] = {}
    for track, why in left:
        found.setdefault(why, []).append(str(track.variant))
    return sorted(found.items(), key=lambda pair: len(pair[1]))


def in_words(outcome: Outcome) -> list[str]:
    """Why tracks were left, a line a reason."""
    lines = []
    for why, names in by_reason(outcome.left):
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        lines.append(f"No letter to {names[0]}{more}: {why}")
    return lines


def letters_word(outcome: Outcome) -> str:
    """“The letters for 34 variants are on their way.”"""
    count = Counter(track.pk for track in outcome.done)
    return (
        "The letter is on its way." if len(count) == 1
        else f"The letters for {len(count)} variants are on their way."
    )  # fmt: skip
