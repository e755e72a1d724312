"""People who work with the fleet."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractUser
from django.db import models

from registry.roles import LOOKS_ON, OWN_TENANTS_ONLY, ROLES

if TYPE_CHECKING:
    from registry.models.tenant import Tenant


class User(AbstractUser):
    """A colleague; groups are roles, permissions are capabilities (`registry.roles`)."""

    @property
    def display_name(self) -> str:
        """Full name, or the username where none is given."""
        return self.get_full_name() or self.username

    @cached_property
    def role_names(self) -> tuple[str, ...]:
        """The roles this person holds, in the order of the table."""
        held = {group.name for group in self.groups.all()}
        return tuple(name for name in ROLES if name in held)

    @property
    def role_label(self) -> str:
        """The roles in words, for the user menu."""
        return ", ".join(ROLES[name][0] for name in self.role_names) or "No role yet"

    @property
    def sees_own_tenants_only(self) -> bool:
        """True for a customer-success manager without a wider role, and while there is no role.

        Looking on is no wider role: with it a manager would act for everybody's tenants.
        """
        roles = set(self.role_names)
        if OWN_TENANTS_ONLY in roles:
            roles.discard(LOOKS_ON)
        return not self.is_superuser and roles <= {OWN_TENANTS_ONLY}

    @cached_property
    def own_tenant_ids(self) -> frozenset[int]:
        """Primary keys of the tenants this person owns."""
        return frozenset(self.tenants.values_list("pk", flat=True))

    def owns(self, tenant: Tenant) -> bool:
        """Whether the tenant is this person's account."""
        return tenant.pk in self.own_tenant_ids


class Capability(models.Model):
    """No table: the content type that the capabilities of `registry.roles` hang on."""

    class Meta:
        managed = False
        default_permissions = ()
        verbose_name_plural = "capabilities"

    def __str__(self) -> str:
        return "capability"
