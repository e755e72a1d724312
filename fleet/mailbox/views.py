"""Pages of the simulated mailbox."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from fleet.mailbox import page
from fleet.mailbox.models import LocalMail
from registry.request import Request
from registry.roles import NotAllowed


@require_safe
def mailbox(request: Request) -> HttpResponse:
    """What would have been mailed?"""
    _refuse_others(request)
    return render(request, "mailbox/mail/list.html", page.list_context(request))


@require_safe
def mailbox_mail(request: Request, pk: int) -> HttpResponse:
    """What does this mail say?"""
    _refuse_others(request)
    mail = get_object_or_404(LocalMail, pk=pk)
    context = {"mail": mail, "body": page.with_links(mail.body)}
    return render(request, "mailbox/mail/detail.html", context)


def _refuse_others(request: Request) -> None:
    if not page.is_in_use():
        raise Http404
    if not page.may_read(request.user):
        raise NotAllowed(
            "You may not read the simulated mailbox: it holds links and codes of customers. "
            "Operators and prompt engineers may."
        )
