"""What a person may see, as a condition on rows that belong to a variant."""

from __future__ import annotations

from django.db.models import Q

from registry.models import User


def within_reach(user: User, variant: str = "variant") -> Q:
    """The variant that a row has under this name is one of the person's own customers'.

    As `Variant.objects.visible_to`, but whoever sees everything is asked about no variant:
    PostgreSQL would read all of them to find that each is there.
    """
    if user.sees_own_tenants_only:
        return Q(**{f"{variant}__tenant_id__in": user.own_tenant_ids})
    return Q()
