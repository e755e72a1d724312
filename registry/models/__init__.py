"""Models of the system of record."""

from registry.models.account import Capability, User
from registry.models.draft import BaseDraft, OverlayDraft, OverlayVisit, PolicyDraft
from registry.models.layer import (
    Base,
    BaseVersion,
    Overlay,
    OverlayVersion,
    Policy,
    PolicyVersion,
)
from registry.models.prompt import (
    Lane,
    ModelTarget,
    Prompt,
    PromptKind,
    Variant,
    VariantStage,
)
from registry.models.revision import Adoption, Revision, Revocation
from registry.models.tenant import RESERVED_SLUGS, Contact, Tenant
from registry.models.trail import Event, Heartbeat, WorkItem, WorkState

__all__ = [
    "RESERVED_SLUGS",
    "Adoption",
    "Base",
    "BaseDraft",
    "BaseVersion",
    "Capability",
    "Contact",
    "Event",
    "Heartbeat",
    "Lane",
    "ModelTarget",
    "Overlay",
    "OverlayDraft",
    "OverlayVersion",
    "OverlayVisit",
    "Policy",
    "PolicyDraft",
    "PolicyVersion",
    "Prompt",
    "PromptKind",
    "Revision",
    "Revocation",
    "Tenant",
    "User",
    "Variant",
    "VariantStage",
    "WorkItem",
    "WorkState",
]
