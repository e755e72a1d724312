"""What every page knows: who is looking, and whether answers are simulated."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def product(request: HttpRequest) -> dict[str, Any]:
    """Template context of all pages: `simulated` and `local`."""
    return {"simulated": bool(settings.PROVIDERS["simulator"]["base_url"]), "local": settings.LOCAL}
