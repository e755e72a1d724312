"""The warning on every page of a variant that something went out past the gate."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

from fleet.review.actions.break_glass import unreviewed
from registry.models import Variant

register = template.Library()


@register.inclusion_tag("review/_break_glass.html", takes_context=True)
def break_glass_banner(context: Context, variant: Variant) -> dict[str, Any]:
    """What went out past the gate on this variant and no policy owner has looked at; one query."""
    user = context["request"].user
    return {
        "glasses": list(unreviewed(variant)),
        "may_review": user.has_perm("registry.review_break_glass"),
        "user": user,
    }
