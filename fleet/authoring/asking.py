"""What every view of a variant's overlay begins with: whose it is, and whether there is a form."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from registry.lines import MissingLayer
from registry.models import Variant
from registry.request import Request
from registry.roles import require

View = Callable[[Request, Variant], HttpResponse]


def visible_variant(request: Request, pk: int) -> Variant:
    """The variant, within the person's reach; 404 otherwise."""
    found = Variant.objects.visible_to(request.user).select_related("tenant", "prompt")
    return get_object_or_404(found, pk=pk)


def for_writers(view: View) -> Callable[[Request, int], HttpResponse]:
    """Hand the view a variant that the person may write; NotAllowed is the 403 page.

    Where there can be no form, the page that says why is the answer instead.
    """

    @wraps(view)
    def answer(request: Request, pk: int) -> HttpResponse:
        variant, problem = visible_variant(request, pk), ""
        if variant.tenant is not None:
            require(request.user, "author_overlay", variant.tenant)
            try:
                return view(request, variant)
            except MissingLayer as missing:
                problem = str(missing)
        status = 200 if request.method == "GET" else 409
        context = {"variant": variant, "problem": problem}
        return render(request, "authoring/overlay/none.html", context, status=status)

    return answer
