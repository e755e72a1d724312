"""A judge with labelled answers, as tests of its calibration and pages want it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from evals.actions import record_verdict
from evals.models import Arm, Calibration, Case, CaseResult, EvalRun, Outcome, SuiteVersion
from evals.suites import write_suite
from fleet.demo import files
from fleet.release.actions import adopt
from registry.actions import freeze, publish_base
from registry.compose import Variable
from registry.models import Prompt, Revision, Variant
from tests.builders import Fleet

SLUG = "tone-judge"


def make_judge(fleet: Fleet, *, live: bool = True) -> Revision:
    """The demo's tone judge, live on the new model; not calibrated."""
    prompt, _ = Prompt.objects.get_or_create(
        slug=SLUG, defaults={"name": "Tone judge", "kind": "judge"}
    )
    publish_base(
        prompt=prompt, text=files.text("prompts", SLUG, "base.md"), slots=[],
        variables=[Variable("question"), Variable("answer"), Variable("criteria")],
        by=fleet.engineer, note="A judge", semver="1.0.0",
    )  # fmt: skip
    variant, _ = Variant.objects.get_or_create(prompt=prompt, tenant=None)
    target = fleet.new if not variant.revisions.exists() else fleet.old
    revision = freeze(variant, by=fleet.engineer, note="A judge", target=target, overlay=None)
    if live:
        adopt(revision, by=fleet.engineer, reason="A judge to begin with.")
    return revision


def write_labels(fleet: Fleet, count: int = 40) -> SuiteVersion:
    """So many of the demo's labelled answers, from both ends of the set."""
    cases = files.cases("suites", SLUG, "labels.jsonl")
    half = count // 2
    return write_suite(
        prompt=Prompt.objects.get(slug=SLUG), cases=[*cases[:half], *cases[40 - (count - half) :]],
        by=fleet.engineer, scope="labels",
    )  # fmt: skip


def verdict(said: str) -> str:
    """A judge's reply."""
    return json.dumps({"verdict": said, "why": "So it sounds."})


def say(run: EvalRun, replies: Sequence[str | None] = ()) -> Calibration:
    """End a calibration: the judge says these, then what people said; None: no answer."""
    cases = Case.objects.filter(suite_version__in=run.suite_versions.all()).order_by("position")
    rows = []
    for place, case in enumerate(cases):
        reply = replies[place] if place < len(replies) else verdict(case.expectations[0]["value"])
        outcome: dict[str, Any] = {"outcome": Outcome.ANSWERED, "answer": reply, "score": 1.0}
        if reply is None:
            outcome = {"outcome": Outcome.ERROR, "error": "HTTP 503"}
        rows.append(CaseResult(run=run, arm=Arm.CANDIDATE, case=case, **outcome))
    CaseResult.objects.bulk_create(rows)
    record_verdict(run)
    return Calibration.objects.get(run=run)
