"""Campaigns, their waves and tracks, and what the customers said."""

from fleet.campaign.models.campaign import Campaign, CampaignStage, Cause, Wave
from fleet.campaign.models.sign_off import (
    SeenEvidence,
    SignOff,
    SignOffChannel,
    SignOffDecision,
)
from fleet.campaign.models.track import SERVING, Track, TrackStage

__all__ = [
    "SERVING",
    "Campaign",
    "CampaignStage",
    "Cause",
    "SeenEvidence",
    "SignOff",
    "SignOffChannel",
    "SignOffDecision",
    "Track",
    "TrackStage",
    "Wave",
]
