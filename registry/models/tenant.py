"""Customers, their contacts, and who looks after them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from simple_history.models import HistoricalRecords

from registry.models.account import User

RESERVED_SLUGS = frozenset({"production", "latest", "staging"})
"""Labels of the Langfuse-compatible read: no tenant may be called so (contract.md)."""

SLUG = RegexValidator(
    r"\A[a-z0-9][a-z0-9._-]*\Z", "Use small letters, digits, dots, dashes and underscores."
)
LOCALE = RegexValidator(
    r"\A[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?\Z", "Use a locale such as en, de or pt-BR."
)


def refuse_unknown_zone(name: str) -> None:
    """ValidationError for a time zone that does not exist: its windows would never open."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError(
            f"There is no time zone “{name}”. Write it as Europe/Berlin or UTC."
        ) from None


def refuse_reserved(slug: str) -> None:
    """ValidationError for a slug that the API uses as a label."""
    if slug in RESERVED_SLUGS:
        raise ValidationError(f"“{slug}” is reserved by the API. Choose another short name.")


class Tenant(models.Model):
    """A customer. `annual_revenue` is in EUR a year."""

    slug = models.CharField(max_length=80, unique=True, validators=[SLUG, refuse_reserved])
    name = models.CharField(max_length=200)
    segment = models.CharField(max_length=40, db_index=True)
    locale = models.CharField(max_length=20, default="en", validators=[LOCALE])
    timezone = models.CharField(max_length=60, default="UTC", validators=[refuse_unknown_zone])
    annual_revenue = models.DecimalField(
        "annual revenue (EUR)", max_digits=14, decimal_places=2, default=Decimal(0),
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    owners = models.ManyToManyField(User, related_name="tenants", blank=True)
    contract_notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords(m2m_fields=[owners])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(slug__in=sorted(RESERVED_SLUGS)),
                name="tenant_slug_not_reserved",
            ),
            models.CheckConstraint(
                condition=models.Q(annual_revenue__gte=0), name="tenant_revenue_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def active_owners(self) -> list[User]:
        """Owners who still work here; empty means the account is orphaned."""
        return [owner for owner in self.owners.all() if owner.is_active]

    @property
    def active_contacts(self) -> list[Contact]:
        """The people who are written to and may sign: nobody who was removed."""
        return [contact for contact in self.contacts.all() if contact.removed_at is None]


class Contact(models.Model):
    """A person at the customer's. Who was removed stays where letters or answers name them."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200)
    email = models.EmailField()
    role = models.CharField(max_length=200, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=models.Q(removed_at__isnull=True),
                name="contact_once_per_tenant",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"
