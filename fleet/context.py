"""What every page knows: who is looking, and whether answers are simulated."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from fleet.mailbox import page as mailbox


def product(request: HttpRequest) -> dict[str, Any]:
    """Template context of all pages: `simulated`, `local`, and what the navigation leaves out."""
    return {
        "simulated": bool(settings.PROVIDERS["simulator"]["base_url"]),
        "local": settings.LOCAL,
        "nav_without": () if mailbox.is_in_use() else ("mailbox",),
    }
