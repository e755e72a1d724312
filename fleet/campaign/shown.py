"""What is shown of a board's rows: one page of them as a table, or the first of each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils.safestring import SafeString

from fleet.campaign.address import link
from fleet.campaign.cells import Cells, Frame, as_card, in_table
from fleet.campaign.figures import share_behind
from fleet.campaign.models import Campaign, TrackStage
from fleet.campaign.rows import Row, counted

PAGE_ROWS = 100
"""Rows of the table on one page: what a person looks through; the rest costs a click."""

COLUMN_CARDS = 12
"""Cards of a column before “show all”: what a screen holds."""

COLUMNS: tuple[tuple[str, tuple[TrackStage, ...]], ...] = (
    ("Needs work", (TrackStage.NEEDS_WORK, TrackStage.ROLLED_BACK)),
    ("Being evaluated", (TrackStage.QUEUED, TrackStage.EVALUATING)),
    ("Waiting for sign-off", (TrackStage.AWAITING_SIGN_OFF,)),
    ("Signed off", (TrackStage.SIGNED_OFF,)),
    ("Scheduled", (TrackStage.SCHEDULED,)),
    ("Canary", (TrackStage.CANARY,)),
    ("Live for all", (TrackStage.CUT_OVER, TrackStage.WATCHED, TrackStage.DONE)),
    ("Set aside", (TrackStage.DEFERRED, TrackStage.EXEMPT, TrackStage.CANCELLED)),
)
"""Heading and stages of the columns, in the order of the way; what needs hands comes first."""


@dataclass(frozen=True)
class Column:
    """Tracks that stand alike; `share` of all customers' revenue, 0 to 1."""

    heading: str
    rows: list[Row]
    count: int
    share: float
    url: str
    frame: Frame

    @property
    def cards(self) -> list[SafeString]:
        """What is shown of them."""
        return [as_card(Cells.of(row, self.frame)) for row in self.rows]

    @property
    def hidden(self) -> int:
        """How many are not shown."""
        return self.count - len(self.rows)


def page_of(found: Sequence[Row], asked: QueryDict, frame: Frame) -> dict[str, Any]:
    """One page of the table; its lines are made when a template asks for them."""
    page: Page[Row] = Paginator(found, PAGE_ROWS).get_page(asked.get("page"))
    rows = counted(list(page.object_list))
    return {
        "page": page,
        "rows": rows,
        "lines": lambda: [in_table(Cells.of(row, frame)) for row in rows],
        "columns": [],
    }


def columns_of(
    found: Sequence[Row], campaign: Campaign, asked: QueryDict, frame: Frame
) -> dict[str, Any]:
    """The columns that hold anything."""
    columns = []
    for heading, stages in COLUMNS:
        inside = [row for row in found if row.line.stage in stages]
        if inside:
            first = stages[0] if len(stages) == 1 else None
            url = link(campaign, asked, view=None, state=first.value if first else None)
            first_ones, share = counted(inside[:COLUMN_CARDS]), share_behind(inside)
            columns.append(Column(heading, first_ones, len(inside), share, url, frame))
    return {"page": None, "rows": [], "columns": columns}
