"""The draft of a suite: what its next version is to hold, row by row, while people write it.

A row is a case of the shape (`evals.cases.shaped_case`), perhaps not complete yet, with an `id`
that stays with it: `c12` for the case 12 of the version the draft was begun on. Every save
counts `edition` up; whoever saves on an older one is refused, and nothing is stored.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from evals.cases import check_size, clean_cases, eval_hash, shaped_case
from evals.models import Case, Suite, SuiteDraft, SuiteScope, SuiteVersion
from evals.suites import append_version, find_suite, require_writing
from registry import border, events
from registry.models import Prompt, Tenant, User

Row = dict[str, Any]

BLANK: Row = {"messages": [{"role": "user", "content": ""}]}
"""What a new case begins with."""


@dataclass(frozen=True)
class OpenedSuite:
    """What an editor opens with: the draft, or the newest version where there is none."""

    suite: Suite
    rows: list[Row]
    edition: int
    draft: SuiteDraft | None
    head: SuiteVersion | None

    @property
    def changed(self) -> bool:
        """Whether the draft differs from the newest version in anything that is measured."""
        return self.draft is not None and (
            self.head is None or self.head.eval_hash != eval_hash(without_ids(self.rows))
        )

    @property
    def next_number(self) -> int:
        """What the draft would be frozen as."""
        return self.head.number + 1 if self.head else 1

    @property
    def is_overtaken(self) -> bool:
        """Whether a version came, by an import for example, since the draft was begun."""
        return self.draft is not None and self.draft.based_on_id != (self.head and self.head.pk)

    def row(self, row_id: str) -> Row | None:
        """The row of that id."""
        return next((row for row in self.rows if row["id"] == row_id), None)


class SuiteDraftConflict(Exception):
    """Somebody else saved, froze or discarded first; holds what there is now."""

    def __init__(self, theirs: OpenedSuite, who: str, when: datetime | None) -> None:
        super().__init__(
            f"{who} changed this suite while you were writing. "
            "What you typed is still here; nothing was overwritten."
        )
        self.theirs = theirs
        self.who = who
        self.when = when


class NothingToFreeze(Exception):
    """The draft measures what the newest version measures already, or there is none."""


class NoNote(Exception):
    """A version without a word on why."""


def open_draft(suite: Suite) -> OpenedSuite:
    """The suite's draft, its edition and its newest version. Writes nothing."""
    draft = SuiteDraft.objects.filter(suite=suite).select_related("updated_by").first()
    head = suite.versions.select_related("author").first()
    if draft is not None:
        return OpenedSuite(suite, draft.cases, draft.edition, draft, head)
    return OpenedSuite(suite, rows_of(head), draft_edition(suite), None, head)


def rows_of(version: SuiteVersion | None) -> list[Row]:
    """The cases of a version as rows of a draft."""
    if version is None:
        return []
    cases = Case.objects.filter(suite_version=version).order_by("position")
    return [{"id": f"c{case.pk}", **measured(case)} for case in cases]


def measured(case: Case) -> Row:
    """A stored case in the shape of `clean_case`."""
    return {
        "key": case.key, "messages": case.messages, "variables": case.variables,
        "tags": case.tags, "must_pass": case.must_pass, "weight": case.weight,
        "expectations": case.expectations, "source": case.source,
    }  # fmt: skip


def without_ids(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Rows as cases."""
    return [{name: row[name] for name in row if name != "id"} for row in rows]


def new_id() -> str:
    """An id for a row that no version holds yet."""
    return f"n{secrets.token_hex(5)}"


def draft_edition(suite: Suite) -> int:
    """The edition of a suite without a draft: one more than its last one's; 0: never one.

    Closing counts, so that whoever still holds a closed draft's form is refused.
    """
    last = SuiteDraft.history.filter(suite=suite).aggregate(last=Max("edition"))["last"]
    return 0 if last is None else int(last) + 1


@transaction.atomic
def save_rows(
    suite: Suite, rows: Sequence[Mapping[str, Any]], *, edition: int, by: User, why: str = ""
) -> OpenedSuite:
    """Save these rows as the draft; the same rows again change nothing.

    `edition` is what the page was opened with: SuiteDraftConflict where somebody saved since.
    UnusableCase for what no draft can hold (too long, NUL), naming the case. `why` is kept in
    the draft's history.
    """
    require_writing(by, suite.scope, suite.tenant)
    check_size(rows)
    clean = [{"id": row["id"], **shaped_case(row, n)} for n, row in enumerate(rows)]
    opened = _locked(suite)
    if opened.rows == clean:
        return opened
    _refuse_stale(opened, edition)
    draft = opened.draft or SuiteDraft(suite=suite, based_on=opened.head, edition=opened.edition)
    draft.cases, draft.updated_by = clean, by
    draft.edition += 1
    draft._change_reason = why[:100]  # type: ignore[attr-defined]
    draft.save()
    return OpenedSuite(suite, clean, draft.edition, draft, opened.head)


@transaction.atomic
def add_case(suite: Suite, case: Mapping[str, Any], *, by: User) -> str:
    """Put one case at the end of the draft, whoever is writing there; its row's id.

    Nothing of anybody's is overwritten; whoever has the page open is told at their next save.
    A case whose `source` the draft holds already is not added twice.
    """
    opened = _locked(suite)
    source = case.get("source")
    for row in opened.rows:
        if source and row["source"] == source:
            return str(row["id"])
    row_id = new_id()
    row = {"id": row_id, **case, "key": free_key(opened.rows, str(case.get("key") or "case"))}
    save_rows(suite, [*opened.rows, row], edition=opened.edition, by=by, why="added a case")
    return row_id


@transaction.atomic
def case_from(
    source: Mapping[str, Any],
    *,
    asked: Sequence[Mapping[str, str]],
    prompt: Prompt,
    tenant: Tenant | None,
    by: User,
    key: str,
    variables: Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
) -> tuple[Suite, str]:
    """Begin a case with something that happened; the suite it went into, and its row's id.

    The one way by which a review comment becomes a case, and a logged call later: `source` says
    what it was (`kind` in words, `path` on this site, `by`, `at`, `quote`), `asked` is the
    conversation as messages. It goes into the draft of the customer's slice of the prompt, or
    of the core where there is no customer; nothing is frozen. The same source twice gives the
    row there is. NotAllowed, UnusableCase and UnusableSuite as for writing.
    """
    scope = SuiteScope.SLICE if tenant is not None else SuiteScope.CORE
    known = Suite.objects.filter(scope=scope, prompt=prompt, tenant=tenant, active=True)
    suite = known.order_by("pk").first()
    if suite is None:
        suite = find_suite(scope=scope, prompt=prompt, tenant=tenant, by=by)
    case = {
        "key": key, "messages": list(asked), "variables": dict(variables or {}),
        "tags": list(tags), "source": dict(source),
    }  # fmt: skip
    return suite, add_case(suite, case, by=by)


def free_key(rows: Sequence[Mapping[str, Any]], wanted: str) -> str:
    """`wanted`, or the first of `wanted-2`, `wanted-3` … that no row is called."""
    taken = {row["key"] for row in rows}
    if wanted not in taken:
        return wanted
    stem = wanted[:110]
    return next(name for n in range(2, len(rows) + 3) if (name := f"{stem}-{n}") not in taken)


@transaction.atomic
def discard_draft(suite: Suite, *, edition: int, by: User) -> None:
    """Throw the draft away; its history stays. SuiteDraftConflict as for saving."""
    require_writing(by, suite.scope, suite.tenant)
    opened = _locked(suite)
    if opened.draft is None:
        return
    _refuse_stale(opened, edition)
    opened.draft.delete()
    events.record("suite.draft_discarded", suite, by)


@transaction.atomic
def freeze_draft(
    suite: Suite, *, edition: int, head: int, note: str, by: User
) -> SuiteVersion:  # fmt: skip
    """Append the draft as the suite's next version, and close the draft.

    `head` is the number of the version the person saw as the newest (0: none): one that came
    since refuses the freeze like a save does. Raises NoNote, NothingToFreeze, UnusableCase (for
    the first case that is not complete) and SuiteDraftConflict.
    """
    require_writing(by, suite.scope, suite.tenant)
    if not note.strip():
        raise NoNote("Say what changed and why, in a sentence. It is kept with the version.")
    opened = _locked(suite)
    _refuse_stale(opened, edition)
    if head != (opened.head.number if opened.head else 0):
        _refuse(opened)
    if not opened.changed or opened.draft is None:
        raise NothingToFreeze("The draft measures what the newest version measures already.")
    version = append_version(
        suite, clean_cases(without_ids(opened.rows)), by=by, note=border.from_form(note).strip()
    )
    opened.draft.delete()
    return version


def _locked(suite: Suite) -> OpenedSuite:
    found = Suite.objects.select_for_update(of=("self",), no_key=True).select_related("tenant")
    return open_draft(found.get(pk=suite.pk))


def _refuse_stale(opened: OpenedSuite, edition: int) -> None:
    if opened.edition != edition:
        _refuse(opened)


def _refuse(opened: OpenedSuite) -> None:
    who, when = "Somebody else", None
    if opened.draft is not None and not opened.is_overtaken:
        who, when = opened.draft.updated_by.display_name, opened.draft.updated_at
    elif opened.head is not None:
        who, when = opened.head.author.display_name, opened.head.created_at
    raise SuiteDraftConflict(opened, who, when)
