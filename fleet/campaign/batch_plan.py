"""What an act on many tracks would do, before the click: how many of which kind, who is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict

from fleet.campaign.batch_acts import Act
from fleet.campaign.board import Seen
from fleet.campaign.figures import share_behind
from fleet.campaign.rows import Row

NAMES = 12
"""Names that are told one by one."""


@dataclass(frozen=True)
class BatchPlan:
    """`kinds`: stage in words -> how many of them are taken. `left`: reason -> their names."""

    act: Act
    take: list[Row]
    left: list[tuple[str, list[Row]]]
    kinds: list[tuple[str, int]]
    share: float
    heading: str
    text: str

    @property
    def names(self) -> list[str]:
        """The first of those that are taken."""
        return [row.name for row in self.take[:NAMES]]

    @property
    def more(self) -> int:
        """How many of those that are taken are not named."""
        return max(0, len(self.take) - NAMES)

    @property
    def left_count(self) -> int:
        """How many are left."""
        return sum(len(rows) for _, rows in self.left)

    @property
    def ids(self) -> str:
        """All that were chosen, as one field: those left say why once more after the act."""
        rows = [*self.take, *(row for _, some in self.left for row in some)]
        return ",".join(str(row.line.pk) for row in rows)


def plan_of(act: Act, seen: Seen, chosen: Sequence[Row]) -> BatchPlan:
    """Sort the chosen rows into what the act takes and what it leaves."""
    take: list[Row] = []
    left: dict[str, list[Row]] = {}
    for row in chosen:
        why = act.fits(row, seen.person)
        if why:
            left.setdefault(why, []).append(row)
        else:
            take.append(row)
    stages = Counter(row.line.stage_label for row in take)
    return BatchPlan(
        act, take, sorted(left.items(), key=lambda pair: len(pair[1])), stages.most_common(),
        share_behind(take), *_words(act, seen, len(take)),
    )  # fmt: skip


def chosen_rows(seen: Seen, asked: Any) -> list[Row]:
    """The rows that a form names: all that match its filters, or those ticked.

    Ids come as one field, joined, or as many; what is none, or not within reach, is passed over.
    """
    if asked.get("every") == "1":
        return seen.asked_for(QueryDict(asked.get("address", "")))
    wanted = set(_ids(asked.getlist("tracks")))
    return [row for row in seen.rows if row.line.pk in wanted]


def _ids(fields: Iterable[str]) -> Iterable[UUID]:
    for word in ",".join(fields).split(","):
        try:
            yield UUID(word.strip())
        except ValueError:
            continue


def _words(act: Act, seen: Seen, count: int) -> tuple[str, str]:
    campaign = seen.campaign
    how = ", by canary" if campaign.plan else " for all callers"
    known = {
        "n": count, "s": "" if count == 1 else "s", "origin": campaign.origin,
        "goal": campaign.goal, "word": campaign.word, "how": how,
    }  # fmt: skip
    return act.heading.format(**known), act.text.format(**known)
