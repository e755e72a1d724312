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
from registry.actions.layers import fingerprint, publish_base, publish_policy, refuse_unusable
from registry.actions.policy_drafts import (
    NothingToPublish,
    OpenedPolicy,
    PolicyContent,
    PolicyDraftConflict,
    begin_global_policy,
    current_version,
    discard_policy_draft,
    open_policy,
    publish_policy_draft,
    save_policy_draft,
)
from registry.actions.revisions import compose_pins, freeze, record_adoption, repin
from registry.actions.targets import UnusableDate, announce_retirement

__all__ = [
    "DraftConflict",
    "NothingToFreeze",
    "NothingToPublish",
    "OpenedPolicy",
    "PolicyContent",
    "PolicyDraftConflict",
    "UnusableDate",
    "announce_retirement",
    "begin_global_policy",
    "compose_pins",
    "current_version",
    "discard_draft",
    "discard_policy_draft",
    "edition_of",
    "fingerprint",
    "freeze",
    "freeze_overlay",
    "open_policy",
    "overlay_for",
    "publish_base",
    "publish_policy",
    "publish_policy_draft",
    "record_adoption",
    "refuse_unusable",
    "repin",
    "save_draft",
    "save_policy_draft",
]
