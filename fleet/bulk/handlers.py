"""What a bulk act does with each of its rows, by kind.

A handler is called as `handler(act, row)` in a transaction of its own and returns what it
did, in words. It raises `Left` with a reason where a variant has to stay as it is. It must
be harmless to call it again after it was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.module_loading import import_string

from fleet.bulk.models import BulkAct, BulkRow


class Left(Exception):
    """This variant stays as it is; the message says why."""


@dataclass(frozen=True)
class Handler:
    """`capability`: what somebody needs who starts it; `place`: the function's dotted name.

    By name, since the rooms that do the work are those that start bulk acts.
    """

    capability: str
    place: str

    def __call__(self, act: BulkAct, row: BulkRow) -> str:
        """Do one row."""
        found: Callable[[BulkAct, BulkRow], str] = import_string(self.place)
        return found(act, row)


HANDLERS: dict[str, Handler] = {
    "start_experiment": Handler("release", "fleet.experiment.arms.start"),
    "promote_arm": Handler("release", "fleet.experiment.arms.go_live"),
    "end_experiment": Handler("release", "fleet.experiment.arms.end"),
    "track_approve": Handler("approve", "fleet.campaign.batch_job.do"),
    "track_sign_off": Handler("record_sign_off", "fleet.campaign.batch_job.do"),
    "track_schedule": Handler("release", "fleet.campaign.batch_job.do"),
    "track_unschedule": Handler("release", "fleet.campaign.batch_job.do"),
    "track_re_evaluate": Handler("run_evals", "fleet.campaign.batch_job.do"),
    "track_try_again": Handler("run_evals", "fleet.campaign.batch_job.do"),
    "track_pause": Handler("run_campaign", "fleet.campaign.batch_job.do"),
    "track_resume": Handler("run_campaign", "fleet.campaign.batch_job.do"),
    "track_defer": Handler("run_campaign", "fleet.campaign.batch_job.do"),
    "track_exempt": Handler("run_campaign", "fleet.campaign.batch_job.do"),
    "track_take_in": Handler("run_campaign", "fleet.campaign.batch_job.do"),
    "roll_back_campaign": Handler("roll_back", "fleet.rollback.undoing.take_back"),
    "roll_back_layer": Handler("roll_back", "fleet.rollback.undoing.take_off"),
}
"""Kind of a bulk act -> who may start it and what does it."""
