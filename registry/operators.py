"""Who acts when a command runs at the shell: an operator's account, named as such."""

from __future__ import annotations

from django.contrib.auth.models import Group

from registry.groups import sync_groups
from registry.models import User

USERNAME = "shell"


def operator() -> User:
    """The account that commands act as; made once, cannot sign in, may do what they need."""
    user, made = User.objects.get_or_create(
        username=USERNAME, defaults={"first_name": "Operator", "last_name": "at the shell"}
    )
    if made:
        user.set_unusable_password()
        user.save()
        sync_groups()
        user.groups.set(Group.objects.filter(name__in=["operator", "prompt_engineer"]))
    return user
