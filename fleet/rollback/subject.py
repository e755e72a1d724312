"""What a rollback over many variants is about: its words, its plan, its act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from fleet.bulk.models import BulkAct
from fleet.campaign.models import Campaign
from fleet.rollback.plan import Plan, plan_of_campaign, plan_of_layer
from fleet.rollback.undoing import undo_campaign, undo_layer
from registry.models import BaseVersion, PolicyVersion, User


@dataclass(frozen=True)
class Subject:
    """`name` completes “Roll back …”; `stands` completes “47 variants are …”."""

    name: str
    stands: str
    goes: str
    back: str
    back_url: str
    plan: Callable[[User], Plan]
    undo: Callable[[Plan, User, str], BulkAct]


def campaign_subject(campaign: Campaign) -> Subject:
    """A whole migration or roll-out."""
    return Subject(
        campaign.name, "cut over", "what it served before its cutover", campaign.name,
        campaign.get_absolute_url(),
        lambda user: plan_of_campaign(campaign, user),
        lambda plan, by, why: undo_campaign(campaign, plan, by=by, reason=why),
    )  # fmt: skip


def policy_subject(version: PolicyVersion) -> Subject:
    """All that is live on one policy version."""
    name = f"{version.policy.name}, version {version.number}"
    return Subject(
        name, "live on it", "what was live there before, on another version of the policy",
        name, reverse("policy-version", args=[version.pk]),
        lambda user: plan_of_layer(version, user),
        lambda plan, by, why: undo_layer(version, plan, by=by, reason=why),
    )  # fmt: skip


def base_subject(version: BaseVersion) -> Subject:
    """All that is live on one base version."""
    name = f"{version.base.prompt.name} {version.semver}"
    return Subject(
        name, "live on it", "what was live there before, on another version of the base",
        name, reverse("base-version", args=[version.pk]),
        lambda user: plan_of_layer(version, user),
        lambda plan, by, why: undo_layer(version, plan, by=by, reason=why),
    )  # fmt: skip
