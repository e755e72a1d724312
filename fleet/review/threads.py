"""What was said about a review, as threads: on a line, or on the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from fleet.review.models import Comment, Review, Side
from registry.diff.align import split_lines

FARTHEST = 10
"""Earlier reviews that a chain of rebases is followed back over."""


@dataclass
class Thread:
    """A word and the answers to it. `line` counts from 1 in the text of `side`; None where it
    is about the whole, or where its line reads differently by now (`outdated`)."""

    comment: Comment
    side: str = ""
    line: int | None = None
    outdated: bool = False
    earlier: bool = False
    replies: list[Comment] = field(default_factory=list)

    @property
    def resolved(self) -> bool:
        """Whether somebody said that this is settled."""
        return self.comment.resolved_at is not None

    @property
    def everything(self) -> list[Comment]:
        """The first word and the answers, oldest first."""
        return [self.comment, *self.replies]


def threads_of(review: Review) -> list[Thread]:
    """Threads of a review; of the reviews it follows, those nobody has settled."""
    chain = _chain(review)
    rows = Comment.objects.filter(review__in=chain).select_related(
        "by", "resolved_by", "review__revision"
    )
    rows = rows.defer("review__revision__text", "review__revision__segments")
    answers: dict[int, list[Comment]] = defaultdict(list)
    first: list[Comment] = []
    for row in rows:
        if row.answers_id is None:
            first.append(row)
        else:
            answers[row.answers_id].append(row)
    texts = _texts(review)
    found = (_placed(row, review, texts, answers[row.pk]) for row in first)
    return [thread for thread in found if not (thread.earlier and thread.resolved)]


def by_line(threads: Iterable[Thread]) -> dict[tuple[str, int], list[Thread]]:
    """(side, line) -> its threads."""
    found: dict[tuple[str, int], list[Thread]] = defaultdict(list)
    for thread in threads:
        if thread.line is not None:
            found[thread.side, thread.line].append(thread)
    return dict(found)


def on_the_whole(threads: Iterable[Thread]) -> list[Thread]:
    """Threads that stand under no line of the comparison."""
    return [thread for thread in threads if thread.line is None]


def line_of(review: Review, side: str, line: int) -> str | None:
    """What stands on a line of one side of the comparison; None where there is no such line."""
    lines = _texts(review).get(side, [])
    return lines[line - 1] if 0 < line <= len(lines) else None


def _chain(review: Review) -> list[int]:
    """The review and those it follows, newest first."""
    found = [review.pk]
    before = review.follows_id
    while before is not None and before not in found and len(found) < FARTHEST:
        found.append(before)
        before = Review.objects.values_list("follows_id", flat=True).get(pk=before)
    return found


def _texts(review: Review) -> dict[str, list[str]]:
    """Side -> its lines without their ends."""
    parent = review.revision.parent
    sides = {Side.OLD: parent.text if parent else "", Side.NEW: review.revision.text}
    return {
        str(side): [line.removesuffix("\n") for line in split_lines(text)]
        for side, text in sides.items()
    }


def _placed(
    row: Comment, review: Review, texts: dict[str, list[str]], replies: list[Comment]
) -> Thread:
    earlier = row.review_id != review.pk
    if row.line is None:
        return Thread(row, replies=replies, earlier=earlier)
    line = _find(texts[row.side], row.line, row.quote.removesuffix("\n"))
    return Thread(row, row.side, line, line is None, earlier, replies)


def _find(lines: list[str], line: int, quote: str) -> int | None:
    """Where the quoted line stands now: at its place, else wherever it stands alone."""
    if line <= len(lines) and lines[line - 1] == quote:
        return line
    places = [number for number, text in enumerate(lines, 1) if text == quote]
    return places[0] if len(places) == 1 else None
