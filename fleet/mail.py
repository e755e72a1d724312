"""Mail through the outbox: written in the business transaction, sent by a worker."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Q

from registry import work
from registry.models import User

MAIL_KIND = "mail"


def send(key: str, to: Iterable[User], *, subject: str, body: str) -> None:
    """Owe one mail to each person with an address; `key` makes it happen once a person."""
    rows = [
        (f"mail:{key}:{user.pk}", {"to": user.email, "subject": subject, "body": body})
        for user in to
        if user.email
    ]
    work.enqueue_many(MAIL_KIND, rows)


def holders(capability: str) -> list[User]:
    """Active people whose role gives them a capability."""
    permission = Permission.objects.filter(content_type__app_label="registry", codename=capability)
    held = Q(groups__permissions__in=permission) | Q(user_permissions__in=permission)
    return list(User.objects.filter(held, is_active=True).distinct().order_by("pk"))


def link(path: str) -> str:
    """An address for a mail: the site's public root and a path."""
    return f"{settings.SITE_URL}{path}"


def one_line(subject: str) -> str:
    """A subject without line breaks, which a mail's header cannot hold."""
    return " ".join(subject.split())
