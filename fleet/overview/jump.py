"""What the jump palette finds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from registry.models import Prompt, User, Variant

ROWS = 10


@dataclass(frozen=True)
class Found:
    """One line of the palette."""

    kind: str
    title: str
    detail: str
    url: str


def find(user: User, q: str) -> list[Found]:
    """Prompts and variants whose name or slug holds `q`, only those the person may see."""
    q = q.strip()
    if not q:
        return []
    prompts = Prompt.objects.filter(Q(slug__icontains=q) | Q(name__icontains=q))[:3]
    variants = (
        Variant.objects.visible_to(user)
        .filter(
            Q(tenant__name__icontains=q) | Q(tenant__slug__icontains=q)
            | Q(prompt__slug__icontains=q) | Q(prompt__name__icontains=q)
        )
        .select_related("tenant", "prompt")
        .order_by("tenant__name", "prompt__slug", "locale", "lane")[:ROWS]
    )  # fmt: skip
    found = [
        Found("Prompt", prompt.name, prompt.slug, f"{reverse('home')}?prompt={prompt.slug}")
        for prompt in prompts
    ]
    found += [_variant(variant) for variant in variants if variant.tenant]
    return sorted(found, key=lambda row: not _begins(row, q.lower()))[:ROWS]


def _begins(row: Found, q: str) -> bool:
    """Whether a prompt or customer is called so from the first letter on."""
    names = [row.title, row.detail] if row.kind == "Prompt" else [row.title]
    return any(name.lower().startswith(q) for name in names)


def _variant(variant: Variant) -> Found:
    detail = f"{variant.prompt.slug}{variant.suffix}"
    return Found("Variant", variant.tenant_name, detail, variant.get_absolute_url())
