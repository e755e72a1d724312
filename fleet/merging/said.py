"""What every overlay line of a prompt says now, within a person's reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from registry.compose import Slot
from registry.models import Base, BaseVersion, Overlay, OverlayDraft, OverlayVersion, Prompt, User


@dataclass(frozen=True)
class Line:
    """One overlay line and its newest version; hashed by the line."""

    overlay: int
    version: int
    tenant: int
    tenant_name: str
    locale: str
    lane: str
    values: Mapping[str, str]
    is_written: bool = False

    def __hash__(self) -> int:
        return hash(self.overlay)

    @property
    def place(self) -> str:
        """Where it applies, in words."""
        if not self.locale and not self.lane:
            return "shared: any locale, any lane"
        return ", ".join([self.locale or "any locale", self.lane or "any lane"])

    @property
    def is_shared(self) -> bool:
        """Whether it is the tenant's shared line."""
        return not self.locale and not self.lane


def lines_of(prompt: Prompt, user: User) -> list[Line]:
    """The newest version of every line that still applies; a manager's own tenants only."""
    versions = OverlayVersion.objects.filter(
        overlay__prompt=prompt, overlay__merged_into__isnull=True, revocation__isnull=True
    )
    if user.sees_own_tenants_only:
        versions = versions.filter(overlay__tenant_id__in=user.own_tenant_ids)
    written = set(
        OverlayDraft.objects.filter(overlay__prompt=prompt).values_list("overlay_id", flat=True)
    )
    rows = (
        versions.order_by("overlay_id", "-number").distinct("overlay_id").values_list(
            "overlay_id", "pk", "overlay__tenant_id", "overlay__tenant__name", "overlay__locale",
            "overlay__lane", "values",
        )
    )  # fmt: skip
    return [Line(*row, is_written=row[0] in written) for row in rows]


def base_slots(prompt: Prompt) -> dict[str, dict[str, Slot]]:
    """Locale ("" for any) -> the slots by name of the newest base for any model."""
    found = {}
    for base in Base.objects.filter(prompt=prompt, model_family="").select_related("prompt"):
        head = base.versions.filter(revocation__isnull=True).order_by("-number").first()
        if head is not None:
            found[base.locale] = {slot.name: slot for slot in head.slot_list}
    return found


def state_of(prompt: Prompt) -> str:
    """A key that changes whenever what was found for a prompt may no longer be true."""
    versions = OverlayVersion.objects.filter(overlay__prompt=prompt).order_by("-pk")
    bases = BaseVersion.objects.filter(base__prompt=prompt).order_by("-pk")
    lines = Overlay.objects.filter(prompt=prompt)
    parts = (
        prompt.pk, versions.values_list("pk", flat=True).first(),
        bases.values_list("pk", flat=True).first(), lines.count(),
        lines.filter(merged_into__isnull=False).count(),
        OverlayDraft.objects.filter(overlay__prompt=prompt).count(),
    )  # fmt: skip
    return "-".join(map(str, parts))
