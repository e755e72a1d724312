"""Which line of each layer applies to a variant, and what its head is."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from registry.models import (
    Base,
    BaseVersion,
    ModelTarget,
    Overlay,
    OverlayVersion,
    Policy,
    PolicyVersion,
    Prompt,
    Variant,
)


class MissingLayer(LookupError):
    """A prompt has no policy or no base yet; the message says what to write first."""


def policy_head(prompt: Prompt) -> PolicyVersion:
    """The current policy of a prompt: its own line where it has one, else the global one."""
    return _newest_policy(Policy.objects.filter(Q(prompt=prompt) | Q(prompt__isnull=True)))


def global_policy_head() -> PolicyVersion:
    """The current global policy."""
    return _newest_policy(Policy.objects.filter(prompt__isnull=True))


def _newest_policy(lines: QuerySet[Policy]) -> PolicyVersion:
    for line in sorted(lines, key=lambda line: line.prompt_id is None):
        head = line.versions.filter(revocation__isnull=True).order_by("-number").first()
        if head is not None:
            return head
    raise MissingLayer("There is no policy yet. A policy owner has to publish one first.")


def base_head(variant: Variant, target: ModelTarget) -> BaseVersion:
    """The newest base version of the most specific line: locale first, then model family."""
    lines = [
        line
        for line in Base.objects.filter(prompt=variant.prompt, locale__in=["", variant.locale])
        if target.snapshot.startswith(line.model_family)
    ]
    for line in sorted(lines, key=lambda line: (line.locale, line.model_family), reverse=True):
        head = line.versions.filter(revocation__isnull=True).order_by("-number").first()
        if head is not None:
            return head
    raise MissingLayer(f"The prompt {variant.prompt.slug} has no base text yet. Write it first.")


def overlay_line(variant: Variant) -> Overlay | None:
    """The most specific overlay line of the variant's tenant, or None."""
    if variant.tenant_id is None:
        return None
    lines = Overlay.objects.filter(
        tenant_id=variant.tenant_id,
        prompt_id=variant.prompt_id,
        locale__in=["", variant.locale],
        lane__in=["", variant.lane],
        merged_into__isnull=True,
    )
    return max(lines, key=lambda line: (line.lane, line.locale), default=None)


def overlay_head(overlay: Overlay) -> OverlayVersion | None:
    """The newest overlay version that is not revoked."""
    return overlay.versions.filter(revocation__isnull=True).order_by("-number").first()
