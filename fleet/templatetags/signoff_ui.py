"""What the sign-off's templates need beyond Django's own."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def of_case(picks: Mapping[int, str], case: int) -> str:
    """What was chosen for a question: new, old, tie, or nothing."""
    return picks.get(case, "")
