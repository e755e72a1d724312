"""Models of what is decided and served; each lives in the room it belongs to."""

from fleet.campaign.models import Campaign, SignOff, Track
from fleet.delivery.models import ApiKey
from fleet.release.models import Release, Served
from fleet.review.models import Approval, Review

__all__ = ["ApiKey", "Approval", "Campaign", "Release", "Review", "Served", "SignOff", "Track"]
