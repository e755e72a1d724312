"""Move a fleet to another model, base or policy: what people and workers may do to a campaign."""

from fleet.campaign.actions.aside import defer, exempt, take_in_again
from fleet.campaign.actions.cutover import (
    CUT_OVER_KIND,
    cut_over,
    note_refusal,
    queue_cut_overs,
    take_canary_on,
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
    measured_for,
    re_evaluate,
    start_evaluation,
    start_evaluations,
    take_fix,
)
from fleet.campaign.actions.going_back import ROLLED_BACK, roll_back_track, roll_back_variant
from fleet.campaign.actions.opening import (
    CannotOpen,
    add_tracks,
    cancel_campaign,
    open_campaign,
    start_campaign,
)
from fleet.campaign.actions.pausing import pause, resume
from fleet.campaign.actions.preparing import BREAKS
from fleet.campaign.actions.rollout import open_rollout
from fleet.campaign.actions.scheduling import schedule, unschedule
from fleet.campaign.actions.settling import accept_risk, settle, settle_all
from fleet.campaign.actions.ticking import STEP_KIND, ring_due, take_step
from fleet.campaign.actions.tracks import open_track, pause_of
from fleet.campaign.actions.watching import finish_watch

__all__ = [
    "BREAKS",
    "CUT_OVER_KIND",
    "EVALUATE_KIND",
    "ROLLED_BACK",
    "STEP_KIND",
    "CannotOpen",
    "Outcome",
    "accept_risk",
    "add_tracks",
    "approve_batch",
    "cancel_campaign",
    "cut_over",
    "defer",
    "exempt",
    "finish_watch",
    "give_up_evaluation",
    "measured_for",
    "note_refusal",
    "open_campaign",
    "open_rollout",
    "open_track",
    "pause",
    "pause_of",
    "queue_cut_overs",
    "re_evaluate",
    "record_sign_off",
    "resume",
    "ring_due",
    "roll_back_track",
    "roll_back_variant",
    "schedule",
    "settle",
    "settle_all",
    "signing_capability",
    "start_campaign",
    "start_evaluation",
    "start_evaluations",
    "take_canary_on",
    "take_fix",
    "take_in_again",
    "take_step",
    "unschedule",
]
