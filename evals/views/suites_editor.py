"""The edit page of a suite: its rows, the case that is open, what differs, what stands in the way.

Everything that narrows the list stands in the address; what was typed is in `form`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator

from evals.case_changes import CaseChanges, case_changes
from evals.case_form import ROLE_LABELS, CaseForm, form_of
from evals.cases import expectation_problem, problems_of
from evals.draft_steps import rows_at, steps
from evals.drafts import OpenedSuite, Row, SuiteDraftConflict, open_draft, rows_of
from evals.expectations import choices
from evals.models import Suite, SuiteScope
from evals.suites import title_of
from evals.taking_in import LABELS, TakenIn
from evals.views.suites_cases import VARIANTS_OFFERED, CaseRow, askable, narrowed
from registry.models import BaseVersion, Prompt, PromptKind, User, Variant

PAGE = 50
TAGS_SHOWN = 30


WITHOUT_ATTACKS = {form: label for form, label in LABELS.items() if form != "garak"}


@dataclass(frozen=True)
class EditorRow(CaseRow):
    """A row of the draft; `mark` says how it differs from the newest version."""

    mark: str = ""
    missing: int = 0

    @property
    def id(self) -> str:
        """The row's id."""
        return str(self.row["id"])


@dataclass(frozen=True)
class Conflict:
    """Somebody saved first: what they changed, and what saving mine would change in theirs."""

    stale: SuiteDraftConflict
    theirs: CaseChanges | None
    mine: CaseChanges

    @property
    def edition(self) -> int:
        """What mine would be saved over."""
        return self.stale.theirs.edition

    @property
    def is_apart(self) -> bool:
        """Whether they touched other cases than I did."""
        if self.theirs is None:
            return False
        touched = {change.row["id"] for change in self.theirs.changes}
        return not any(change.row["id"] in touched for change in self.mine.changes)


@dataclass
class Editor:
    """One state of the page."""

    suite: Suite
    opened: OpenedSuite
    user: User
    asked: Mapping[str, str]
    edition: int
    form: CaseForm | None = None
    focus: str = ""
    problem: str = ""
    conflict: Conflict | None = None
    freezing: bool = False
    freeze_problem: str = ""
    note: str = ""
    taken: TakenIn | None = None
    pasted: str = ""
    format: str = ""

    @property
    def title(self) -> str:
        """What the suite is called."""
        return title_of(self.suite)

    @property
    def tab(self) -> str:
        """cases, changes or add."""
        asked = self.asked.get("tab", "")
        return asked if asked in ("changes", "add") else "cases"

    @property
    def q(self) -> str:
        """What is searched for."""
        return self.asked.get("q", "").strip()[:200]

    @property
    def tag(self) -> str:
        """The tag that the list is narrowed to."""
        return self.asked.get("tag", "")

    @property
    def keep(self) -> list[tuple[str, str]]:
        """What a search keeps of the address."""
        return [("tag", self.tag), ("case", self.form.id if self.form else "")]

    @property
    def role_choices(self) -> list[tuple[str, str]]:
        """Who may say a turn."""
        return list(ROLE_LABELS.items())

    @property
    def scorer_choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What may be expected, in groups."""
        return choices()

    @property
    def formats(self) -> list[tuple[str, str]]:
        """Files that can be read; a list of attacks makes a safety set only."""
        wanted = LABELS if self.suite.scope == SuiteScope.SAFETY else WITHOUT_ATTACKS
        return list(wanted.items())

    @cached_property
    def judges(self) -> list[str]:
        """Judges that could grade what another tool had a model grade."""
        found = Prompt.objects.filter(kind=PromptKind.JUDGE).order_by("slug")
        return list(found.values_list("slug", flat=True)[:VARIANTS_OFFERED])

    @cached_property
    def declared(self) -> list[dict[str, Any]]:
        """The request variables that the prompt asks for."""
        return declared_variables(self.suite)

    @cached_property
    def changes(self) -> CaseChanges:
        """The draft against the newest version."""
        return case_changes(rows_of(self.opened.head), self.opened.rows)

    @cached_property
    def rows(self) -> list[EditorRow]:
        """All rows, with their marks."""
        marks = {change.row["id"]: change.kind for change in self.changes.changes}
        keys = Counter(row["key"] for row in self.opened.rows)
        return [
            EditorRow(n, row, marks.get(row["id"], ""), missing(row) + (keys[row["key"]] > 1))
            for n, row in enumerate(self.opened.rows, 1)
        ]

    @property
    def unfinished(self) -> list[EditorRow]:
        """Rows that cannot be frozen yet."""
        return [row for row in self.rows if row.missing]

    @cached_property
    def page(self) -> Page[Any]:
        """The rows shown; the page of the open case where the address names none."""
        found = narrowed(self.rows, self.q, self.tag)
        pager = Paginator(found, PAGE)
        asked = self.asked.get("page") or self._page_of_open(found)
        return pager.get_page(asked)

    @property
    def count(self) -> str:
        """How many rows are shown of how many."""
        return f"{self.page.paginator.count:,} of {len(self.rows):,} cases"

    @cached_property
    def row_query(self) -> str:
        """What a row's address begins with: all that narrows the list, and its page."""
        kept = {"q": self.q, "tag": self.tag, "page": str(self.page.number)}
        return urlencode({name: value for name, value in kept.items() if value})

    @cached_property
    def tags(self) -> list[tuple[str, int]]:
        """(tag, cases), most frequent first."""
        counted = Counter(tag for row in self.opened.rows for tag in row["tags"])
        return counted.most_common(TAGS_SHOWN)

    @cached_property
    def steps(self) -> tuple[int | None, int | None]:
        """Where undo and redo lead to."""
        return steps(self.opened)

    @property
    def problems(self) -> list[str]:
        """What the open case lacks before it can be frozen."""
        if self.form is None:
            return []
        key = self.form.stored["key"]
        double = sum(row["key"] == key for row in self.opened.rows) > 1
        named_twice = [f"another case is called {key} too. Rename one of them."]
        return problems_of(self.form.stored) + named_twice * double

    @cached_property
    def place(self) -> int:
        """Where the open case stands, from 1; 0 where none is open."""
        row_id = self.form.id if self.form else ""
        return next((row.place for row in self.rows if row.id == row_id), 0)

    @cached_property
    def variants(self) -> list[Variant]:
        """Whom the open case could be asked of, for a trial."""
        return askable(self.suite, self.user)

    def _page_of_open(self, found: list[Any]) -> int:
        row_id = self.form.id if self.form else ""
        at = next((n for n, row in enumerate(found) if row.id == row_id), 0)
        return at // PAGE + 1


def editor(suite: Suite, user: User, asked: Mapping[str, str], row_id: str = "") -> Editor:
    """The page as it opens, with the case of this id (else the one the address names) open."""
    opened = open_draft(suite)
    page = Editor(suite, opened, user, asked, opened.edition)
    row = opened.row(row_id or asked.get("case", ""))
    if row is not None:
        page.form = form_of(row, page.declared)
    return page


def conflict_of(stale: SuiteDraftConflict, mine: list[Row], opened_at: int) -> Conflict:
    """What they changed since the page was opened, and what `mine` would change in theirs."""
    now = stale.theirs
    before = rows_at(now, opened_at)
    theirs = case_changes(before, now.rows) if before is not None else None
    return Conflict(stale, theirs, case_changes(now.rows, mine))


def missing(row: Row) -> int:
    """How many things keep a row from being frozen."""
    empty = not any(message["content"].strip() for message in row["messages"])
    return empty + sum(
        bool(_problem(json.dumps(one, ensure_ascii=False))) for one in row["expectations"]
    )


@lru_cache(maxsize=4096)
def _problem(expectation: str) -> str:
    """`expectation_problem`, remembered: the same few stand in thousands of cases."""
    return expectation_problem(json.loads(expectation))


def declared_variables(suite: Suite) -> list[dict[str, Any]]:
    """The request variables of the newest base of the suite's prompt; none of a safety set."""
    if suite.prompt_id is None:
        return []
    found = BaseVersion.objects.filter(base__prompt=suite.prompt_id, revocation__isnull=True)
    variables = found.order_by("base__locale", "base__model_family", "-number").values_list(
        "variables", flat=True
    )
    return list(variables.first() or [])
