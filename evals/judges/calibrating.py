"""Start the calibration of a judge."""

from __future__ import annotations

from evals.actions import start_run
from evals.judges.calibration import labels_of, standard
from evals.models import EvalRun, RunKind
from registry.models import PromptKind, Revision, User


class CannotCalibrate(Exception):
    """There is nothing to hold the judge against; the message says what to do first."""


def calibrate(judge: Revision, *, by: User) -> EvalRun:
    """Ask a judge's Revision about its labelled set; its Calibration comes when the run ends.

    Raises NotAllowed, and CannotCalibrate where it is no judge or nothing is labelled yet.
    """
    prompt = judge.variant.prompt
    if prompt.kind != PromptKind.JUDGE:
        raise CannotCalibrate(f"{prompt.slug} is no judge.")
    labels = labels_of(prompt)
    if labels is None:
        raise CannotCalibrate(
            f"{prompt.slug} has no labelled answers yet. Write a label set first: at least "
            f"{standard().min_labels} answers that people have labelled."
        )
    return start_run(
        judge, baseline=None, by=by, kind=RunKind.CALIBRATION, versions=[labels],
        why=f"Calibration against {labels.suite.name} {labels.number}.",
    )  # fmt: skip
