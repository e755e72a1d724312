"""Who may do what: roles, their capabilities, and the one function that checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from registry.models import Tenant, User

CAPABILITIES = {
    "author_overlay": "write a tenant's overlay",
    "author_base": "write a base prompt",
    "author_policy": "write the global policy",
    "adopt": "take over a prompt that already serves, without evidence",
    "open_review": "ask for a review",
    "approve": "approve or reject a review",
    "release": "put an approved revision into traffic",
    "roll_back": "roll a variant back",
    "break_glass": "put a revision into traffic past the gate, in an emergency",
    "review_break_glass": "review what went out past the gate",
    "overrule": "outvote somebody's objection",
    "author_router": "write the router's rules",
    "manage_webhooks": "say who is told of events by webhook",
    "revoke": "revoke a version so that it never serves again",
    "run_evals": "start an eval run",
    "run_campaign": "open and steer a model migration",
    "record_sign_off": "record a customer's sign-off",
    "manage_models": "announce a model's retirement",
    "manage_keys": "create and revoke API keys",
}
"""Codename -> what it allows, as a phrase that completes "You may not …"."""

ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "prompt_engineer": (
        "Prompt engineer",
        (
            "author_overlay", "author_base", "adopt", "open_review", "approve", "release",
            "roll_back", "break_glass", "author_router", "run_evals", "run_campaign",
            "manage_models",
        ),
    ),
    "customer_success": (
        "Customer success",
        ("author_overlay", "open_review", "run_evals", "roll_back", "record_sign_off"),
    ),
    "policy_owner": (
        "Policy owner",
        (
            "author_policy", "open_review", "approve", "overrule", "review_break_glass",
            "roll_back", "revoke",
        ),
    ),
    "operator": (
        "Operator",
        (
            "adopt", "release", "roll_back", "break_glass", "revoke", "run_evals",
            "manage_models", "manage_keys", "manage_webhooks",
        ),
    ),
    "viewer": ("Viewer", ()),
}  # fmt: skip
"""Group name -> (label, capabilities)."""

LOOKS_ON = "viewer"
"""The role that sees everything and may do nothing."""

OWN_TENANTS_ONLY = "customer_success"
"""The role that sees and touches nothing but the tenants it owns."""


class NotAllowed(PermissionDenied):
    """The person lacks the capability or the tenant is not theirs; says which."""


def require(user: User, capability: str, tenant: Tenant | None = None) -> None:
    """Raise NotAllowed unless `user` holds `capability`, for `tenant` where one is given."""
    if not user.is_active or not user.has_perm(f"registry.{capability}"):
        raise NotAllowed(
            f"You may not {CAPABILITIES[capability]}. Ask an operator for a role that may."
        )
    if user.sees_own_tenants_only and (tenant is None or not user.owns(tenant)):
        name = tenant.name if tenant else "the platform default"
        raise NotAllowed(f"You may not {CAPABILITIES[capability]} for {name}: it is not yours.")
