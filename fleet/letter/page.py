"""What the pages of letters and their words show."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q

from fleet.letter.models import Letter, LetterKind
from fleet.letter.panel import LABELS, LetterRow
from fleet.letter.scope import letters_of
from fleet.letter.words import language_name
from fleet.signoff.links import may_send
from registry.models import User, WorkItem, WorkState
from registry.request import Request

PAGE_ROWS = 50

STATES = {
    "sent": Q(sent_at__isnull=False),
    "problem": Q(sent_at__isnull=True) & ~Q(problem=""),
    "waiting": Q(sent_at__isnull=True, problem=""),
}


def list_context(request: Request) -> dict[str, Any]:
    """Every letter the person may see, newest first, as filtered by the address."""
    mine = letters_of(request.user)
    found, asked = mine, request.GET
    if asked.get("kind") in LetterKind.values:
        found = found.filter(kind=asked["kind"])
    if asked.get("state") in STATES:
        found = found.filter(STATES[asked["state"]])
    q = asked.get("q", "").strip()[:200]
    if q:
        named = Q(track__variant__tenant__name__icontains=q) | Q(to_name__icontains=q)
        found = found.filter(named | Q(to_email__icontains=q) | Q(subject__icontains=q))
    page = Paginator(found.order_by("-at", "pk"), PAGE_ROWS).get_page(asked.get("page"))
    return {
        "page": page, "rows": [LetterRow(one) for one in page], "q": q,
        "count": f"{page.paginator.count} letter{'' if page.paginator.count == 1 else 's'}",
        "any": bool(page.paginator.count) or mine.exists(),
        "filters": [
            {"name": "kind", "label": "Letter", "value": asked.get("kind", ""),
             "options": LetterKind.choices},
            {"name": "state", "label": "State", "value": asked.get("state", ""),
             "options": list(LABELS.items())},
        ],
    }  # fmt: skip


def letter_context(user: User, letter: Letter) -> dict[str, Any]:
    """One letter, and whether it can be sent again."""
    dead = WorkItem.objects.filter(key=f"letter:{letter.pk}", state=WorkState.DEAD)
    row = LetterRow(letter)
    stuck = row.state == "problem" and dead.exists()
    return {
        "letter": letter,
        "row": row,
        "language": language_name(letter.locale),
        "may_retry": stuck and may_send(user, letter.track),
    }
