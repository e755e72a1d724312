"""One group a role, with exactly the capabilities of the table in `roles.py`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from registry.models import Capability
from registry.roles import CAPABILITIES, ROLES


def sync_groups(**kwargs: Any) -> None:
    """Make one group a role with exactly its capabilities; safe to repeat."""
    kind = ContentType.objects.get_for_model(Capability)
    permissions = {
        code: Permission.objects.get_or_create(
            content_type=kind, codename=code, defaults={"name": f"May {phrase}"[:255]}
        )[0]
        for code, phrase in CAPABILITIES.items()
    }
    for name, (_, capabilities) in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set([permissions[code] for code in capabilities])
