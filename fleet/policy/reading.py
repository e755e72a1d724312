"""Read the policies: every line, and one frozen version. Open to everybody who is signed in."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from fleet.policy.json_text import as_json
from fleet.policy.rows import VersionPage, lines_for
from registry.models import Policy, PolicyVersion
from registry.request import Request


@require_safe
def policy_list(request: Request) -> HttpResponse:
    """Which policies are there, what is current, and what is being written?"""
    q = request.GET.get("q", "").strip()[:200]
    context = {
        "lines": lines_for(request.user, q), "q": q,
        "has_global": Policy.objects.filter(prompt__isnull=True).exists(),
    }  # fmt: skip
    return render(request, "policy/line/list.html", context)


@require_safe
def policy_version(request: Request, pk: int) -> HttpResponse:
    """What does this version say, and what did it change?"""
    page = VersionPage(_version(pk), request.user)
    return render(request, "policy/version/detail.html", {"page": page, "version": page.version})


@require_safe
def policy_version_file(request: Request, pk: int) -> HttpResponse:
    """The version's document of rules and lists, as JSON."""
    version = _version(pk)
    return json_file(as_json(version.rules), f"policy-{version.policy_id}-{version.number}.json")


def json_file(text: str, name: str) -> HttpResponse:
    """A JSON text to be saved as a file of this name."""
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _version(pk: int) -> PolicyVersion:
    found = PolicyVersion.objects.select_related("policy__prompt", "author", "revocation")
    return get_object_or_404(found, pk=pk)
