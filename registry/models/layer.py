"""The three layers of a prompt: lines that move, and their frozen versions.

A line (Policy, Base, Overlay) says where its versions apply; a version never changes
once written (triggers in the database), so the head of a line is its highest number.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from registry.compose import Slot, Variable
from registry.models.account import User
from registry.models.prompt import Prompt
from registry.models.tenant import Tenant


class Policy(models.Model):
    """A line of policy versions: global, or for one prompt whose forks carry it themselves."""

    prompt = models.OneToOneField(
        Prompt, on_delete=models.PROTECT, null=True, blank=True, related_name="policy"
    )
    name = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(
                fields=["prompt"], nulls_distinct=False, name="policy_one_line_per_scope"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Base(models.Model):
    """A line of base versions: a prompt's platform default text."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="bases")
    locale = models.CharField(max_length=20, blank=True, help_text="Empty: any locale.")
    model_family = models.CharField(max_length=80, blank=True, help_text="Empty: any model.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prompt", "locale", "model_family"], name="base_once")
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.prompt.slug, self.locale, self.model_family]))


class Overlay(models.Model):
    """A line of overlay versions: one tenant's values for a prompt's slots."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="overlays")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="overlays")
    locale = models.CharField(max_length=20, blank=True, help_text="Empty: any locale.")
    lane = models.CharField(max_length=20, blank=True, help_text="Empty: any lane.")
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged",
        help_text="The tenant's shared overlay that took over; this line then applies no more.",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "prompt", "locale", "lane"], name="overlay_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant.name} / {self.prompt.slug}"


class Version(models.Model):
    """What every frozen version of a layer carries."""

    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    note = models.TextField(blank=True, help_text="Why it was written.")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    contributor_ids = ArrayField(
        models.BigIntegerField(), default=list, help_text="Everyone who typed in the draft."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
        ordering = ["-number"]


class PolicyVersion(Version):
    """One frozen policy: text that is fenced in by code, and typed rules for overlays."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    text = models.TextField(blank=True)
    rules = models.JSONField(default=dict, help_text="The policy document: rules, limits, domains.")

    class Meta(Version.Meta):
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.number}"


class BaseVersion(Version):
    """One frozen platform default: text with `{{variables}}` and `{{> slots}}`."""

    base = models.ForeignKey(Base, on_delete=models.PROTECT, related_name="versions")
    semver = models.CharField("semantic version", max_length=40)
    text = models.TextField()
    slots = models.JSONField(default=list)
    variables = models.JSONField(default=list)

    class Meta(Version.Meta):
        constraints = [
            models.UniqueConstraint(fields=["base", "number"], name="base_version_once"),
            models.UniqueConstraint(fields=["base", "semver"], name="base_semver_once"),
        ]

    def __str__(self) -> str:
        return f"{self.base} {self.semver}"

    @property
    def slot_list(self) -> list[Slot]:
        """The declared slots, in order."""
        return [Slot.from_json(row) for row in self.slots]

    @property
    def variable_list(self) -> list[Variable]:
        """The declared request variables, in order."""
        return [Variable.from_json(row) for row in self.variables]


class OverlayVersion(Version):
    """One frozen overlay: a tenant's words, slot by slot."""

    overlay = models.ForeignKey(Overlay, on_delete=models.PROTECT, related_name="versions")
    values: Any = models.JSONField(default=dict)

    class Meta(Version.Meta):
        constraints = [
            models.UniqueConstraint(fields=["overlay", "number"], name="overlay_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.overlay} {self.number}"
