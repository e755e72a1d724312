"""Models of what is decided and served; each lives in the room it belongs to."""

from fleet.adoption.models import ForkFile, Unforking
from fleet.blast.models import BlastRadius, BlastRow
from fleet.bulk.models import BulkAct, BulkRow
from fleet.campaign.models import Campaign, SeenEvidence, SignOff, Track, Wave
from fleet.delivery.models import ApiKey, KeyUser
from fleet.experiment.models import Experiment
from fleet.feedback.models import Feedback
from fleet.ledger.models import Effort
from fleet.letter.models import Letter, LetterTemplate
from fleet.mailbox.models import LocalMail
from fleet.notify.models import Notification, NotificationSettings
from fleet.release.models import BreakGlass, Change, Release, Served
from fleet.review.models import AcceptedRisk, Approval, ApprovalRule, Comment, Objection, Review
from fleet.router.models import RouterApproval, RouterRelease, RouterReview, RouterVersion
from fleet.signoff.models import DecisionCode, SignOffLink
from fleet.webhook.models import WebhookDelivery, WebhookEndpoint
from fleet.window.models import Blackout, ChangeWindow

__all__ = [
    "AcceptedRisk",
    "ApiKey",
    "Approval",
    "ApprovalRule",
    "Blackout",
    "BlastRadius",
    "BlastRow",
    "BreakGlass",
    "BulkAct",
    "BulkRow",
    "Campaign",
    "Change",
    "ChangeWindow",
    "Comment",
    "DecisionCode",
    "Effort",
    "Experiment",
    "Feedback",
    "ForkFile",
    "KeyUser",
    "Letter",
    "LetterTemplate",
    "LocalMail",
    "Notification",
    "NotificationSettings",
    "Objection",
    "Release",
    "Review",
    "RouterApproval",
    "RouterRelease",
    "RouterReview",
    "RouterVersion",
    "SeenEvidence",
    "Served",
    "SignOff",
    "SignOffLink",
    "Track",
    "Unforking",
    "Wave",
    "WebhookDelivery",
    "WebhookEndpoint",
]
