"""What the pages of the simulated mailbox show."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Q
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from fleet.mailbox.models import LocalMail
from registry.models import User
from registry.request import Request

BACKEND = "fleet.mailbox.backend.EmailBackend"

READERS = {"operator", "prompt_engineer"}
"""Roles that may look: the mails hold links and codes that are meant for one person each."""

PAGE_ROWS = 50

_ADDRESS = re.compile(r"https?://[^\s<>\"'{}|\\^`]+")
_AFTER = ".,;:!?)]"
"""Ends a sentence, not an address."""


def is_in_use() -> bool:
    """Whether mails are kept here instead of being sent."""
    return bool(settings.EMAIL_BACKEND == BACKEND)


def may_read(user: User) -> bool:
    """Whether a person may look into the mailbox."""
    return user.is_superuser or bool(READERS & set(user.role_names))


def list_context(request: Request) -> dict[str, Any]:
    """Mails, newest first, that hold the words asked for."""
    q = request.GET.get("q", "").strip()[:200]
    found = LocalMail.objects.order_by("-at", "-pk")
    if q:
        found = found.filter(Q(to__icontains=q) | Q(subject__icontains=q) | Q(body__icontains=q))
    page = Paginator(found.defer("body"), PAGE_ROWS).get_page(request.GET.get("page"))
    count = page.paginator.count
    return {"page": page, "q": q, "count": f"{count} mail{'' if count == 1 else 's'}",
            "any": bool(count) or LocalMail.objects.exists()}  # fmt: skip


def with_links(text: str) -> SafeString:
    """A mail's text, escaped, with web addresses as links that pass nothing on to where they go."""
    parts, end = [], 0
    for found in _ADDRESS.finditer(text):
        address = found.group().rstrip(_AFTER)
        parts.append(conditional_escape(text[end : found.start()]))
        parts.append(
            format_html('<a href="{}" rel="noopener noreferrer nofollow">{}</a>', address, address)
        )
        end = found.start() + len(address)
    parts.append(conditional_escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308 (every part is escaped above)
