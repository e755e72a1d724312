"""Models of what is decided and served; each lives in the room it belongs to."""

from fleet.adoption.models import ForkFile, Unforking
from fleet.blast.models import BlastRadius, BlastRow
from fleet.bulk.models import BulkAct, BulkRow
from fleet.campaign.models import Campaign, SignOff, Track
from fleet.delivery.models import ApiKey, KeyUser
from fleet.experiment.models import Experiment
from fleet.notify.models import Notification, NotificationSettings
from fleet.release.models import BreakGlass, Change, Release, Served
from fleet.review.models import AcceptedRisk, Approval, ApprovalRule, Comment, Objection, Review
from fleet.router.models import RouterApproval, RouterRelease, RouterReview, RouterVersion
from fleet.webhook.models import WebhookDelivery, WebhookEndpoint

__all__ = [
    "AcceptedRisk",
    "ApiKey",
    "Approval",
    "ApprovalRule",
    "BlastRadius",
    "BlastRow",
    "BreakGlass",
    "BulkAct",
    "BulkRow",
    "Campaign",
    "Change",
    "Comment",
    "Experiment",
    "ForkFile",
    "KeyUser",
    "Notification",
    "NotificationSettings",
    "Objection",
    "Release",
    "Review",
    "RouterApproval",
    "RouterRelease",
    "RouterReview",
    "RouterVersion",
    "Served",
    "SignOff",
    "Track",
    "Unforking",
    "WebhookDelivery",
    "WebhookEndpoint",
]
