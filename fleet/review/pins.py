"""What a Revision pins anew, in words."""

from __future__ import annotations

from dataclasses import dataclass

from registry.models import Revision


@dataclass(frozen=True)
class Pin:
    """One of the four pins: what it was and what it is; `changed` when they differ."""

    name: str
    old: str
    new: str
    changed: bool


def pins_of(revision: Revision, parent: Revision | None) -> list[Pin]:
    """The four pins against the parent's, those that changed first."""
    before = _named(parent) if parent is not None else {}
    ids = parent.pins if parent is not None else {}
    found = [
        Pin(label, before.get(label, ""), new, ids.get(field) != revision.pins[field])
        for (label, new), field in zip(_named(revision).items(), _FIELDS, strict=True)
    ]
    return sorted(found, key=lambda pin: not pin.changed)


_FIELDS = ("policy_version", "base_version", "overlay_version", "model_target")


def _named(revision: Revision) -> dict[str, str]:
    overlay = revision.overlay_version
    return {
        "Policy": f"version {revision.policy_version.number}",
        "Base text": f"version {revision.base_version.semver}",
        "Overlay": f"version {overlay.number}" if overlay else "none",
        "Model": revision.model_target.snapshot,
    }
