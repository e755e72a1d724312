"""The pages behind a sign-off link: look, compare blind, decide, confirm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from fleet.signoff import blind, page
from fleet.signoff.codes import TooManyCodes, WrongCode, send_code
from fleet.signoff.deciding import decide_by_link
from fleet.signoff.document import policy_for, written
from fleet.signoff.forms import DecisionForm
from fleet.signoff.opening import Opened, open_address
from fleet.signoff.outside import outside
from fleet.signoff.visit import comes_from, remember

PAGE = 10
"""Questions on one page."""

readable = require_http_methods(["GET", "HEAD", "POST"])


@outside
@require_safe
def sign_off(request: HttpRequest, token: str) -> HttpResponse:
    """What changes for us, and do we agree?"""
    opened = open_address(request, token)
    if opened.is_done_here:
        return render(request, "signoff/done.html", page.done(opened))
    return _page(request, opened)


@outside
@require_safe
def sign_off_document(request: HttpRequest, token: str) -> HttpResponse:
    """All of it as a file."""
    opened = open_address(request, token)
    kept = opened.link.sign_off.seen if opened.link.sign_off and opened.is_done_here else None
    html = kept.html if kept is not None else written(opened.evidence())
    response = HttpResponse(html)
    response["Content-Disposition"] = f'attachment; filename="{page.file_name(opened)}"'
    response["Content-Security-Policy"] = f"{policy_for(html)}; sandbox"
    return response


@outside
@readable
def sign_off_blind(request: HttpRequest, token: str) -> HttpResponse:
    """The next pair of answers; a POST chooses. Afterwards back to the page, which tells."""
    opened = open_address(request, token)
    evidence = opened.evidence()
    pairs = blind.pairs_of(evidence)
    if request.method == "POST" and comes_from(opened.visit, request):
        opened = _pick(opened, pairs, request)
        return remember(redirect("sign-off-blind", token), opened.link, opened.visit, opened.path)
    left = [pair for pair in pairs if pair.shown.case_id not in evidence.picks]
    if not left:
        return redirect(f"{opened.path}#blind")
    context = page.blind_page(opened, evidence, left[0], at=len(pairs) - len(left), of=len(pairs))
    return _remembering(opened, render(request, "signoff/blind.html", context))


def _pick(opened: Opened, pairs: list[blind.Pair], request: HttpRequest) -> Opened:
    case, side = request.POST.get("case", ""), request.POST.get("side", "")
    known = {str(pair.shown.case_id): pair.shown.case_id for pair in pairs}
    if case not in known or side not in blind.SIDES:
        return opened
    return replace(opened, visit=opened.visit.picked(known[case], side))


@outside
@readable
def sign_off_code(request: HttpRequest, token: str) -> HttpResponse:
    """Have a code mailed for what was chosen, and ask for it."""
    opened, form, problem = _answered(request, token)
    if form is None:
        return problem
    try:
        send_code(opened.link)
    except TooManyCodes:
        return _confirm(request, opened, form, opened.say["too_many"], 429)
    return _confirm(request, opened, form)


@outside
@readable
def sign_off_decide(request: HttpRequest, token: str) -> HttpResponse:
    """Decide, by the code from the mail."""
    opened, form, problem = _answered(request, token)
    if form is None:
        return problem
    seen = "" if opened.link.sign_off_id else written(opened.evidence())
    code = "".join(request.POST.get("code", "").split())
    try:
        decide_by_link(opened.link, form.decision, form.cleaned_data["note"], code, seen=seen)
    except WrongCode as wrong:
        say = opened.say
        text = say.count("code_wrong", wrong.left) if wrong.left else say["code_over"]
        return _confirm(request, opened, form, text, 422)
    visit = replace(opened.visit, done=True)
    return remember(redirect(opened.path), opened.link, visit, opened.path)


def _answered(request: HttpRequest, token: str) -> tuple[Opened, DecisionForm | None, HttpResponse]:
    """The link and what was answered; no form where there is something to say first."""
    opened = open_address(request, token)
    if request.method != "POST":
        return opened, None, redirect(opened.path)
    form = DecisionForm(opened.say, request.POST)
    if not opened.is_done_here and not comes_from(opened.visit, request):
        problem = opened.say["form_old"]
        return opened, None, _page(request, opened, form=form, problem=problem, status=403)
    if not form.is_valid():
        return opened, None, _page(request, opened, form=form, status=422)
    return opened, form, HttpResponse()


def _confirm(
    request: HttpRequest, opened: Opened, form: DecisionForm, problem: str = "", status: int = 200
) -> HttpResponse:
    context = page.confirm(opened, form) | {"problem": problem}
    return _remembering(opened, render(request, "signoff/confirm.html", context, status=status))


def _page(
    request: HttpRequest, opened: Opened, *, form: DecisionForm | None = None, problem: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    evidence = opened.evidence()
    shown = Paginator(evidence.compared, PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = page.main(opened, evidence, shown) | {
        "form": form or DecisionForm(opened.say), "problem": problem,
        "code_url": reverse("sign-off-code", args=[opened.token]),
    }  # fmt: skip
    return _remembering(opened, render(request, "signoff/page.html", context, status=status))


def _remembering(opened: Opened, response: HttpResponse) -> HttpResponse:
    """A browser that comes for the first time gets its visit."""
    if opened.visit.fresh:
        return remember(response, opened.link, opened.visit, opened.path)
    return response
