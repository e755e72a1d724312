"""Write a suite: a table of cases, one of them open as a form; freeze it as a version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from evals.case_form import changed, form_of, typed_case
from evals.cases import UnusableCase, shaped_case
from evals.draft_steps import go_to
from evals.drafts import (
    BLANK,
    NoNote,
    NothingToFreeze,
    OpenedSuite,
    Row,
    SuiteDraftConflict,
    discard_draft,
    free_key,
    freeze_draft,
    new_id,
    save_rows,
)
from evals.expectations import Unfit
from evals.models import Suite
from evals.suites import require_writing
from evals.views.suites import suite_of
from evals.views.suites_editor import Editor, conflict_of, editor
from registry.border import UnusableText
from registry.request import Request

ON_ROWS = {"duplicate": "copied", "delete": "deleted", "up": "moved up", "down": "moved down"}
"""Acts on a whole row, and what they did to it."""

ROW_ID = re.compile(r"[cn][0-9a-f]{1,20}")


def suite_edit(request: Request, pk: int) -> HttpResponse:
    """Which cases does the next version hold? POST acts on the open one: `act` names how."""
    suite = writable(request, pk)
    if request.method != "POST":
        return shown(request, editor(suite, request.user, request.GET.dict()))
    act = request.POST.get("act", "save")
    if act == "new":
        return _new(request, suite)
    if act in ("undo", "redo"):
        return _gone_to(request, suite)
    row_id = request.POST.get("case", "")
    page = editor(suite, request.user, request.GET.dict(), row_id)
    if not ROW_ID.fullmatch(row_id):
        page.problem = "There is no such case. Choose one of the list."
        return shown(request, page, 422)
    if page.form is None or page.form.id != row_id:  # deleted by somebody, or refused before
        page.form = form_of({"id": row_id, **shaped_case(BLANK, 0)}, page.declared)
    return _case(request, page, act)


@require_POST
def suite_freeze(request: Request, pk: int) -> HttpResponse:
    """Make the draft the version that runs ask from now on."""
    suite = writable(request, pk)
    note, head = request.POST.get("note", ""), number_of(request.POST.get("head", ""))
    try:
        version = freeze_draft(
            suite, edition=edition_of(request), head=head, note=note, by=request.user
        )
    except SuiteDraftConflict as stale:
        page = editor(suite, request.user, request.GET.dict())
        page.problem = f"{stale.who} changed this suite meanwhile. Look at it before you freeze it."
        return shown(request, page, 409)
    except (NoNote, NothingToFreeze, UnusableCase, UnusableText) as problem:
        page = editor(suite, request.user, request.GET.dict())
        page.freezing, page.freeze_problem, page.note = True, str(problem), note
        return shown(request, page, 422)
    messages.success(request, f"Version {version.number} is frozen. The next runs ask it.")
    return redirect("suite-detail", suite.pk)


@require_POST
def suite_discard(request: Request, pk: int) -> HttpResponse:
    """Throw the draft away."""
    suite = writable(request, pk)
    try:
        discard_draft(suite, edition=edition_of(request), by=request.user)
    except SuiteDraftConflict as stale:
        page = editor(suite, request.user, request.GET.dict())
        page.problem = f"{stale.who} changed this draft meanwhile, so it was not thrown away."
        return shown(request, page, 409)
    messages.success(request, "The draft is gone. The versions stay as they are.")
    return redirect("suite-detail", suite.pk)


def writable(request: Request, pk: int) -> Suite:
    """The suite, for whoever may write it; NotAllowed becomes the 403 page."""
    suite = suite_of(request, pk)
    require_writing(request.user, suite.scope, suite.tenant)
    return suite


def edition_of(request: Request) -> int:
    """The draft's edition the page was opened with, or the one it is to be saved over."""
    return number_of(request.POST.get("over") or request.POST.get("edition") or "")


def number_of(text: str) -> int:
    """A number of a form; 0 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def shown(request: Request, page: Editor, status: int = 200) -> HttpResponse:
    """The page in this state."""
    context = {"page": page, "suite": page.suite, "opened": page.opened, "form": page.form}
    return render(request, "evals/suite/edit.html", context, status=status)


def saved(
    request: Request, suite: Suite, *, open_case: str, said: str = "", focus: str = ""
) -> HttpResponse:
    """The page after an act: a fragment stays where it is, a form sent plainly is redirected."""
    asked = {**request.GET.dict(), "page": "", "case": open_case}
    where = address_of(suite, asked)
    if not request.htmx:
        if said:
            messages.success(request, said)
        return redirect(f"{where}#case-editor")
    page = editor(suite, request.user, asked)
    page.focus = focus
    answer = shown(request, page)
    answer["HX-Push-Url"] = where
    return answer


def address_of(suite: Suite, asked: Mapping[str, str]) -> str:
    """The edit page's address with what narrows it, nothing empty."""
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("suite-edit", args=[suite.pk]) + (f"?{query}" if query else "")


def _case(request: Request, page: Editor, act: str) -> HttpResponse:
    """Save the open case as typed, and do what `act` says with it."""
    assert page.form is not None  # the caller looked
    page.form = typed_case(page.form.stored, request.POST.dict(), page.declared)
    page.edition = number_of(request.POST.get("edition", ""))
    try:
        row = changed(page.form, act)
        rows, open_case = _after(page.opened, row, act)
    except Unfit as unfit:
        page.form.problems = str(unfit).split("\n")
        return shown(request, page, 422)
    return keep(request, page, rows, open_case, why=_why(act, row), focus=_focus(act, row))


def keep(
    request: Request, page: Editor, rows: list[Row], open_case: str, *, why: str, focus: str = ""
) -> HttpResponse:
    """Save these rows; the page after it, or as it was with what stood in the way."""
    try:
        save_rows(page.suite, rows, edition=edition_of(request), by=request.user, why=why)
    except SuiteDraftConflict as stale:
        page.conflict = conflict_of(stale, rows, page.edition)
        return shown(request, page, 409)
    except UnusableCase as problem:
        page.problem = str(problem)
        return shown(request, page, 422)
    return saved(request, page.suite, open_case=open_case, said=f"Saved: {why}.", focus=focus)


def _after(opened: OpenedSuite, row: Row, act: str) -> tuple[list[Row], str]:
    """The rows after an act on one of them, and which is open then."""
    rows = [row if one["id"] == row["id"] else one for one in opened.rows]
    if opened.row(row["id"]) is None:
        rows.append(row)
    at = next(n for n, one in enumerate(rows) if one["id"] == row["id"])
    if act == "duplicate":
        copy = {**row, "id": new_id(), "key": free_key(rows, f"{row['key'][:110]}-copy")}
        return [*rows[: at + 1], copy, *rows[at + 1 :]], copy["id"]
    if act == "delete":
        rest = [*rows[:at], *rows[at + 1 :]]
        return rest, rest[min(at, len(rest) - 1)]["id"] if rest else ""
    if act in ("up", "down"):
        to = max(0, min(len(rows) - 1, at + (1 if act == "down" else -1)))
        rows.insert(to, rows.pop(at))
    return rows, row["id"]


def _why(act: str, row: Row) -> str:
    return f"{row['key'][:60]} {ON_ROWS.get(act, 'changed')}"


def _focus(act: str, row: Row) -> str:
    """The field to write in next."""
    if act == "add-turn":
        return f"m-{len(row['messages']) - 1}-content"
    return f"x-{len(row['expectations']) - 1}-scorer" if act == "add-expectation" else ""


def _new(request: Request, suite: Suite) -> HttpResponse:
    page = editor(suite, request.user, request.GET.dict())
    rows = page.opened.rows
    key = free_key(rows, f"case-{len(rows) + 1}")
    row = {"id": new_id(), **shaped_case({**BLANK, "key": key, "tags": _tags(page)}, len(rows))}
    page.form = form_of(row, page.declared)
    page.edition = number_of(request.POST.get("edition", ""))
    return keep(
        request, page, [*rows, row], row["id"], why=f"{key} added", focus="m-0-content"
    )  # fmt: skip


def _tags(page: Editor) -> list[str]:
    """A case that is added while the list is narrowed to a tag carries it."""
    return [page.tag[:60]] if page.tag in dict(page.tags) else []


def _gone_to(request: Request, suite: Suite) -> HttpResponse:
    page = editor(suite, request.user, request.GET.dict(), request.POST.get("case", ""))
    to = number_of(request.POST.get("to", ""))
    try:
        go_to(suite, to, edition=edition_of(request), by=request.user)
    except SuiteDraftConflict as stale:
        page.problem = f"{stale.who} changed this suite meanwhile, so nothing was undone."
        return shown(request, page, 409)
    return saved(request, suite, open_case=request.POST.get("case", ""), said="Done.")
