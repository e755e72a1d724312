"""A case from what somebody said in a review: it waits in the suite's draft, to be finished."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from evals.drafts import case_from
from evals.suites import UnusableCase, UnusableSuite
from fleet.review.models import Comment
from fleet.review.queue import reviews_of
from registry.request import Request

TAG = "from review"
LONGEST_QUOTE = 2_000
"""Characters of the commented line that go along."""


@require_POST
def comment_case(request: Request, pk: int) -> HttpResponse:
    """Begin a case with a comment, and open it in the editor."""
    found = Comment.objects.filter(review__in=reviews_of(request.user)).select_related(
        "by", "review__variant__tenant", "review__variant__prompt", "review__revision__base_version"
    )
    said = get_object_or_404(found, pk=pk)
    variant, base = said.review.variant, said.review.revision.base_version
    try:
        suite, row = case_from(
            {
                "kind": "review comment", "by": said.by.display_name,
                "path": f"{said.review.get_absolute_url()}#comment-{said.pk}",
                "at": said.at.isoformat(timespec="seconds"), "quote": said.quote[:LONGEST_QUOTE],
            },
            asked=[{"role": "user", "content": said.body}], key=f"comment-{said.pk}",
            prompt=variant.prompt, tenant=variant.tenant, by=request.user, tags=[TAG],
            variables={one["name"]: one["sample"] for one in base.variables if one.get("sample")},
        )  # fmt: skip
    except (UnusableCase, UnusableSuite) as problem:
        messages.error(request, str(problem))
        return redirect(said.review)
    said_so = "A case was begun. Put it as the customer would, and say what is expected."
    messages.success(request, said_so)
    return redirect(f"{reverse('suite-edit', args=[suite.pk])}?case={row}#case-editor")
