"""What can run: revisions, how they were adopted, and what must never run again."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone

from registry.compose import Segment
from registry.models.account import User
from registry.models.layer import BaseVersion, OverlayVersion, PolicyVersion
from registry.models.prompt import ModelTarget, Variant


class Revision(models.Model):
    """Four pins of one Variant, the composed text and its sha256. Never changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField(help_text="Counts within the variant, never repeats.")
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    base_version = models.ForeignKey(BaseVersion, on_delete=models.PROTECT, related_name="+")
    overlay_version = models.ForeignKey(
        OverlayVersion, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    model_target = models.ForeignKey(
        ModelTarget, on_delete=models.PROTECT, related_name="revisions"
    )
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    segments: Any = models.JSONField(default=list)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children",
        help_text="What was live when this was frozen.",
    )  # fmt: skip
    note = models.TextField(blank=True)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["variant_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "number"], name="revision_once"),
        ]

    def __str__(self) -> str:
        return f"{self.variant} revision {self.number}"

    def get_absolute_url(self) -> str:
        """The revision on its variant's page."""
        return reverse("revision-detail", args=[self.pk])

    @property
    def pins(self) -> dict[str, Any]:
        """The four pins as plain values, as an Approval stores them."""
        return {
            "policy_version": self.policy_version_id,
            "base_version": self.base_version_id,
            "overlay_version": self.overlay_version_id,
            "model_target": self.model_target_id,
        }

    @property
    def segment_list(self) -> list[Segment]:
        """The composed text with the layer of each stretch."""
        return [Segment(row["layer"], row["slot"], row["text"]) for row in self.segments]


class Adoption(models.Model):
    """A Revision that served before the product came: live without evidence, and says so."""

    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="adoption")
    reason = models.TextField()
    source = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="adoption_has_reason")
        ]

    def __str__(self) -> str:
        return f"Adoption of {self.revision}"


class Revocation(models.Model):
    """One version or Revision that must never serve again."""

    policy_version = models.OneToOneField(
        PolicyVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="revocation"
    )
    base_version = models.OneToOneField(
        BaseVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="revocation"
    )
    overlay_version = models.OneToOneField(
        OverlayVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="revocation"
    )
    revision = models.OneToOneField(
        Revision, on_delete=models.PROTECT, null=True, blank=True, related_name="revocation"
    )
    reason = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="revocation_has_reason"),
            models.CheckConstraint(
                name="revocation_names_one_thing",
                condition=Exact(
                    models.Func(
                        *("policy_version", "base_version", "overlay_version", "revision"),
                        function="num_nonnulls",
                        output_field=models.IntegerField(),
                    ),
                    1,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"Revocation: {self.reason}"
