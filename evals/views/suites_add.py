"""Bring cases in from a table or a file, and take a version out as one."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from evals.cases import MOST_CASES, UnusableCase
from evals.drafts import SuiteDraftConflict, new_id, save_rows
from evals.exports import ENDINGS, KINDS, written
from evals.importers.parsed import UnusableFile
from evals.models import SuiteVersion
from evals.taking_in import TakenIn, from_files, from_table, with_free_keys
from evals.views.suites import suite_of
from evals.views.suites_edit import edition_of, shown, writable
from evals.views.suites_editor import Editor, editor
from registry.request import Request


@require_POST
def suite_add(request: Request, pk: int) -> HttpResponse:
    """Add the cases of a pasted table or of uploaded files to the draft."""
    suite = writable(request, pk)
    page = editor(suite, request.user, {"tab": "add"})
    page.pasted = request.POST.get("pasted", "")
    page.format = request.POST.get("format", "")
    try:
        taken = _taken(request)
        _save(request, page, taken)
    except (UnusableFile, UnusableCase) as problem:
        page.problem = str(problem)
        return shown(request, page, 422)
    except SuiteDraftConflict as stale:
        page.problem = f"{stale} Send it again to add your cases to theirs."
        return shown(request, page, 409)
    done = editor(suite, request.user, {"tab": "add"})
    done.taken = taken
    return shown(request, done)


@require_safe
def suite_export(request: Request, pk: int, number: int, kind: str) -> HttpResponse:
    """A frozen version as a file of another tool."""
    suite = suite_of(request, pk)
    if kind not in KINDS or number >= 2**31:
        raise Http404
    version = get_object_or_404(
        SuiteVersion.objects.select_related("suite__prompt", "suite__tenant", "suite__policy"),
        suite=suite, number=number,
    )  # fmt: skip
    text, _ = written(version, kind)
    whose = suite.tenant.slug if suite.tenant else str(suite.prompt or suite.policy)
    name = f"{slugify(f'{whose} {suite.name}') or 'suite'}-{number}.{ENDINGS[kind]}"
    answer = HttpResponse(text, content_type=KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _taken(request: Request) -> TakenIn:
    if request.POST.get("way") == "file":
        files = [one for one in request.FILES.getlist("files") if one.name]
        judge = request.POST.get("judge", "").replace("\x00", "")[:80]
        return from_files(files, request.POST.get("format", ""), judge=judge)
    return from_table(request.POST.get("pasted", ""))


def _save(request: Request, page: Editor, taken: TakenIn) -> None:
    """The cases behind those of the draft. Nothing is saved where there is none."""
    rows = page.opened.rows
    if len(rows) + len(taken.cases) > MOST_CASES:
        raise UnusableCase(f"With these the suite would hold more than {MOST_CASES:,} cases.")
    cases = with_free_keys(taken.cases, (row["key"] for row in rows))
    if cases:
        added = [{"id": new_id(), **case} for case in cases]
        why = f"{len(added)} cases added"
        save_rows(
            page.suite, [*rows, *added], edition=edition_of(request), by=request.user, why=why
        )  # fmt: skip
