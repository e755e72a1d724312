"""The people of the demo and how they sign in."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from fleet.demo import files
from registry.groups import sync_groups
from registry.models import User
from registry.roles import ROLES

PASSWORD = "demo-fleet-2026"  # noqa: S105
"""Of every demo person. Public, so the demo loads only in local mode."""


def logins() -> list[tuple[str, str, str]]:
    """(role, username, password) of one demo person a role, in the order of the roles."""
    rows = files.toml("users.toml")["users"]
    found = []
    for name, (label, _) in ROLES.items():
        person = next((r for r in rows if name in r["roles"] and r.get("active", True)), None)
        if person is not None:
            found.append((label, person["username"], PASSWORD))
    return found


def load_people() -> dict[str, User]:
    """Make the demo's people; username -> User. Those there already stay as they are."""
    sync_groups()
    password = make_password(PASSWORD)
    people = {}
    for row in files.toml("users.toml")["users"]:
        first, _, last = row["display_name"].partition(" ")
        user, made = User.objects.get_or_create(
            username=row["username"],
            defaults={
                "first_name": first, "last_name": last, "email": row["email"],
                "password": password, "is_active": row.get("active", True),
                "is_staff": "operator" in row["roles"],
            },
        )  # fmt: skip
        if made:
            user.groups.set(Group.objects.filter(name__in=row["roles"]))
        people[user.username] = user
    return people
