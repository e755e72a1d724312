"""One verb a function: what people and programs may do to what is written."""

from registry.actions.drafts import (
    DraftConflict,
    NothingToFreeze,
    discard_draft,
    edition_of,
    freeze_overlay,
    overlay_for,
    save_draft,
)
from registry.actions.layers import fingerprint, publish_base, publish_policy
from registry.actions.revisions import compose_pins, freeze, record_adoption, repin
from registry.actions.targets import UnusableDate, announce_retirement

__all__ = [
    "DraftConflict",
    "NothingToFreeze",
    "UnusableDate",
    "announce_retirement",
    "compose_pins",
    "discard_draft",
    "edition_of",
    "fingerprint",
    "freeze",
    "freeze_overlay",
    "overlay_for",
    "publish_base",
    "publish_policy",
    "record_adoption",
    "repin",
    "save_draft",
]
