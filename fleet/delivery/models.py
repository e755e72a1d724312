"""Keys of the applications that fetch prompts."""

from __future__ import annotations

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
