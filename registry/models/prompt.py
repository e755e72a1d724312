"""Prompts, the models they run on, and the variants that are served."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from simple_history.models import HistoricalRecords

from registry.models.tenant import LOCALE, SLUG, Tenant
from registry.snapshots import is_dated, offers

if TYPE_CHECKING:
    from registry.models.account import User


class PromptKind(models.TextChoices):
    """What a prompt is for."""

    TASK = "task", "Task"
    JUDGE = "judge", "Judge"


class Prompt(models.Model):
    """A feature's prompt family, by slug."""

    slug = models.CharField(max_length=80, unique=True, validators=[SLUG])
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=PromptKind, default=PromptKind.TASK)
    description = models.TextField(blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


def refuse_alias(snapshot: str) -> None:
    """ValidationError for a snapshot that names no date: such a name changes under you.

    Its message offers the dated names that are known.
    """
    if is_dated(snapshot):
        return
    known = ModelTarget.objects.values_list("snapshot", flat=True)
    offered = " or ".join(offers(snapshot, known))
    example = f"{offered}." if offered else "for example gpt-4o-2024-08-06."
    raise ValidationError(f"“{snapshot}” is an alias. Name the dated snapshot: {example}")


class ModelTarget(models.Model):
    """A provider's dated model snapshot. Prices in USD per million tokens."""

    provider = models.CharField(max_length=40)
    snapshot = models.CharField(max_length=120, validators=[refuse_alias])
    context_window = models.PositiveIntegerField("context window (tokens)", null=True, blank=True)
    input_price = models.DecimalField(
        "input price (USD per million tokens)",
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
    )
    output_price = models.DecimalField(
        "output price (USD per million tokens)",
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
    )
    retires_on = models.DateField(
        null=True, blank=True, help_text="Empty means unknown, not never."
    )
    retires_source = models.CharField(max_length=500, blank=True)
    retires_checked_on = models.DateField(null=True, blank=True)
    announced_at = models.DateTimeField(null=True, blank=True, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ["provider", "snapshot"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "snapshot"], name="model_target_once"),
            models.CheckConstraint(
                condition=models.Q(retires_on__isnull=True) | ~models.Q(retires_source=""),
                name="model_target_retirement_has_source",
            ),
        ]

    def __str__(self) -> str:
        return self.snapshot

    def days_left(self, today: dt.date | None = None) -> int | None:
        """Days until the provider retires it; negative once past, None when unknown."""
        if self.retires_on is None:
            return None
        return (self.retires_on - (today or timezone.localdate())).days


class Lane(models.TextChoices):
    """Which model role a variant plays."""

    PRIMARY = "primary", "Primary"
    FALLBACK = "fallback", "Fallback"
    ECONOMY = "economy", "Economy"


class VariantStage(models.TextChoices):
    """Whether callers get an answer from a variant."""

    ACTIVE = "active", "Active"
    WITHDRAWN = "withdrawn", "Withdrawn"
    RETIRED = "retired", "Retired"


class VariantQuerySet(models.QuerySet["Variant"]):
    """Variants, within a person's reach."""

    def visible_to(self, user: User) -> VariantQuerySet:
        """All, or those of the person's own tenants."""
        if user.sees_own_tenants_only:
            return self.filter(tenant_id__in=user.own_tenant_ids)
        return self


class Variant(models.Model):
    """Tenant x prompt x locale x lane: what is versioned, evaluated, released, migrated.

    The platform default is the variant with no tenant.
    """

    ARROWS = {
        VariantStage.ACTIVE: {VariantStage.WITHDRAWN, VariantStage.RETIRED},
        VariantStage.WITHDRAWN: {VariantStage.ACTIVE, VariantStage.RETIRED},
        VariantStage.RETIRED: set(),
    }

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="variants")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="variants", null=True, blank=True
    )
    locale = models.CharField(max_length=20, default="en", validators=[LOCALE])
    lane = models.CharField(max_length=20, choices=Lane, default=Lane.PRIMARY)
    stage = models.CharField(
        max_length=20, choices=VariantStage, default=VariantStage.ACTIVE, editable=False
    )
    min_pass_rate = models.FloatField(
        default=0.8, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Share of cases that must pass, 0 to 1.",
    )  # fmt: skip
    margin = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.001), MaxValueValidator(1.0)],
        help_text="Largest tolerated drop against the baseline, 0 to 1. Empty: by suite size.",
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    objects = VariantQuerySet.as_manager()

    class Meta:
        ordering = ["prompt__slug", "tenant__name", "locale", "lane"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "prompt", "locale", "lane"],
                nulls_distinct=False,
                name="variant_once",
            ),
            models.CheckConstraint(
                condition=models.Q(min_pass_rate__gte=0, min_pass_rate__lte=1),
                name="variant_min_pass_rate_is_a_share",
            ),
            models.CheckConstraint(
                condition=models.Q(margin__isnull=True) | models.Q(margin__gt=0, margin__lte=1),
                name="variant_margin_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_name} / {self.prompt.slug}{self.suffix}"

    def get_absolute_url(self) -> str:
        """The variant's page."""
        return reverse("variant-detail", args=[self.pk])

    @property
    def tenant_name(self) -> str:
        """The customer's name, or what the variant without one is called."""
        return self.tenant.name if self.tenant else "Platform default"

    @property
    def suffix(self) -> str:
        """Locale and lane, where they tell variants of one tenant apart."""
        home = self.tenant.locale if self.tenant else "en"
        parts = [self.locale] if self.locale != home else []
        if self.lane != Lane.PRIMARY:
            parts.append(self.get_lane_display().lower())
        return f" ({', '.join(parts)})" if parts else ""
