"""Models of what is decided and served; each lives in the room it belongs to."""

from fleet.adoption.models import ForkFile, Unforking
from fleet.blast.models import BlastRadius, BlastRow
from fleet.campaign.models import Campaign, SignOff, Track
from fleet.delivery.models import ApiKey
from fleet.release.models import Release, Served
from fleet.review.models import Approval, Review

__all__ = [
    "ApiKey",
    "Approval",
    "BlastRadius",
    "BlastRow",
    "Campaign",
    "ForkFile",
    "Release",
    "Review",
    "Served",
    "SignOff",
    "Track",
    "Unforking",
]
