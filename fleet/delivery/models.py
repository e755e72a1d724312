"""Keys of the applications that fetch prompts, and who acts when a key does something."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from simple_history.models import HistoricalRecords

from registry.models import Tenant, User


class Scope(models.TextChoices):
    """What a key may do."""

    PROMPTS_READ = "prompts:read", "Fetch prompts"
    PROMPTS_STAGING = "prompts:staging", "Fetch prompts on staging"
    CALLS_WRITE = "calls:write", "Report calls"
    LINT_RUN = "lint:run", "Lint overlays"
    EVALS_RUN = "evals:run", "Start eval runs"
    RELEASES_WRITE = "releases:write", "Roll back"


class ApiKey(models.Model):
    """An application's key. Only the SHA-256 of its 256-bit secret is kept."""

    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    secret_sha256 = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, null=True, blank=True,
        help_text="Empty: the key may read every tenant's prompts.",
    )  # fmt: skip
    user = models.OneToOneField(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="api_key",
        editable=False, help_text="Who the trail names for what is done with this key.",
    )  # fmt: skip
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords(excluded_fields=["secret_sha256"])

    class Meta:
        ordering = ["name"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


ACTS: dict[str, str] = {Scope.RELEASES_WRITE: "roll_back", Scope.EVALS_RUN: "run_evals"}
"""Scope that lets a key act -> the capability it stands for (`registry.roles`)."""


class KeyUser(User):
    """The machine user that acts for a key: never a person, never signed in, in no group.

    What it may do is read from its key each time, so nothing can drift: the capabilities of
    its scopes, none once it is revoked, and the key's own tenant alone where it is bound to one.
    Loaded as a plain `User` (an actor in the trail) it may do nothing at all.
    """

    class Meta:
        proxy = True
        default_permissions = ()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether one of the key's scopes stands for the capability."""
        key = self.api_key
        held = {f"registry.{ACTS[scope]}" for scope in key.scopes if scope in ACTS}
        return self.is_active and key.revoked_at is None and perm in held

    @property
    def sees_own_tenants_only(self) -> bool:
        """True for a key that is bound to a tenant."""
        return self.api_key.tenant_id is not None

    @cached_property
    def own_tenant_ids(self) -> frozenset[int]:
        """The key's tenant; none for a key that is not bound (it is not asked then)."""
        tenant = self.api_key.tenant_id
        return frozenset() if tenant is None else frozenset({tenant})
