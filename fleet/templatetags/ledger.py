"""What a fork costs, on its page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

from fleet.ledger.panel import variant_panel
from registry.models import Variant

register = template.Library()


@register.inclusion_tag("ledger/_variant.html", takes_context=True)
def ledger_panel(context: Context, variant: Variant) -> dict[str, Any]:
    """What this fork cost in the last twelve months, and the form for hours."""
    request = context["request"]
    return variant_panel(variant, request.user) | {"csrf_token": context.get("csrf_token")}
