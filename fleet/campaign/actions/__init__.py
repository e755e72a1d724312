"""Move a fleet to another model, base or policy: what people and workers may do to a campaign."""

from fleet.campaign.actions.cutover import (
    CUT_OVER_KIND,
    cut_over,
    note_refusal,
    queue_cut_overs,
    roll_back_track,
    roll_back_variant,
)
from fleet.campaign.actions.deciding import (
    Outcome,
    approve_batch,
    record_sign_off,
    signing_capability,
)
from fleet.campaign.actions.evaluation import (
    EVALUATE_KIND,
    give_up_evaluation,
    re_evaluate,
    settle,
    start_evaluation,
    take_fix,
)
from fleet.campaign.actions.opening import CannotOpen, cancel_campaign, open_campaign
from fleet.campaign.actions.rollout import BREAKS, open_rollout
from fleet.campaign.actions.tracks import open_track

__all__ = [
    "BREAKS",
    "CUT_OVER_KIND",
    "EVALUATE_KIND",
    "CannotOpen",
    "Outcome",
    "approve_batch",
    "cancel_campaign",
    "cut_over",
    "give_up_evaluation",
    "note_refusal",
    "open_campaign",
    "open_rollout",
    "open_track",
    "queue_cut_overs",
    "re_evaluate",
    "record_sign_off",
    "roll_back_track",
    "roll_back_variant",
    "settle",
    "signing_capability",
    "start_evaluation",
    "take_fix",
]
