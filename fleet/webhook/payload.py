"""What is said about an event: its nouns and numbers, never a prompt's text."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Model

from fleet.webhook.verbs import PUBLIC
from registry.models import Event, Variant


def payload_of(event: Event, subject: Model) -> dict[str, Any]:
    """The document of a public event; `id` is the event's, the same to everybody, for good."""
    public = PUBLIC[event.verb]
    return {
        "id": f"event-{event.pk}",
        "verb": event.verb,
        "at": event.at.isoformat(timespec="seconds"),
        "variant": about(event.variant) if event.variant is not None else None,
        "subject": {"type": event.subject_type, "id": event.subject_id},
        "data": {name: event.data[name] for name in public.data if name in event.data},
        "link": _link(subject, event.variant),
    }


def about(variant: Variant) -> dict[str, Any]:
    """Which variant it is about; `tenant` null: the platform default."""
    return {
        "id": variant.pk,
        "prompt": variant.prompt.slug,
        "tenant": variant.tenant.slug if variant.tenant is not None else None,
        "locale": variant.locale,
        "lane": variant.lane,
    }


def _link(subject: Model, variant: Variant | None) -> str:
    """The page of what it is about, else of its variant, else the front door."""
    for row in (subject, variant):
        if row is not None and hasattr(row, "get_absolute_url"):
            return f"{settings.SITE_URL}{row.get_absolute_url()}"
    return f"{settings.SITE_URL}/"
