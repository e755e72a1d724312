"""What a report says of its run, in words: who was measured, against what, and how it went."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from evals.models import EvalRun, RunStage, Verdict, VerdictKind
from evals.views.cases import Slice, Standing, slices, standings
from evals.views.sentence import sentence_of

SIMULATOR = "simulator"

WORDS = {VerdictKind.GO: "Go", VerdictKind.NO_GO: "No-go", VerdictKind.INCONCLUSIVE: "Inconclusive"}

UNFINISHED = {
    RunStage.RUNNING: "The run is still going; this is what is known so far.",
    RunStage.PAUSED: "The run is paused; this is what is known so far.",
    RunStage.CANCELLED: "The run was cancelled before its end: there is no verdict.",
}
"""Why there is no verdict."""


@dataclass(frozen=True)
class Facts:
    """A run as its report tells it. Rates are proportions, 0..1."""

    run: EvalRun
    verdict: Verdict | None
    standings: Sequence[Standing]
    written_at: datetime

    @property
    def word(self) -> str:
        """The verdict in a word."""
        return WORDS[VerdictKind(self.verdict.kind)] if self.verdict else "No verdict"

    @property
    def kind(self) -> str:
        """The verdict's name in code, "none" where there is none."""
        return self.verdict.kind if self.verdict else "none"

    @property
    def sentence(self) -> str:
        """The verdict in a sentence, or why there is none."""
        if self.verdict is not None:
            return sentence_of(self.verdict)
        return UNFINISHED.get(RunStage(self.run.stage), "There is no verdict.")

    @property
    def decision(self) -> dict[str, Any]:
        """All that the gate said."""
        return self.verdict.decision if self.verdict else {}

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """The gate's reasons that the sentence does not say already."""
        said = self.verdict.headline.lower() if self.verdict else ""
        return [
            why for why in self.decision.get("reasons", []) if why["detail"].lower() not in said
        ]

    @property
    def pass_rate(self) -> float | None:
        """Share of the cases that pass now, as the gate counts them."""
        rate = self.decision.get("candidate_pass_rate")
        return rate if rate is not None or self.verdict is None else self.verdict.pass_rate

    @property
    def old_pass_rate(self) -> float | None:
        """Share of the cases that passed before; None without an old version."""
        if self.verdict is None or self.run.baseline_id is None:
            return None
        rate = self.decision.get("baseline_pass_rate")
        return self.verdict.baseline_pass_rate if rate is None else rate

    @property
    def simulated(self) -> bool:
        """Whether a simulator answered in either arm: then no real model was measured."""
        arms = [self.run.revision, self.run.baseline]
        return any(arm is not None and arm.model_target.provider == SIMULATOR for arm in arms)

    @property
    def power(self) -> str:
        """What so many cases can show, in words; empty where the gate said nothing of it."""
        told = str(self.decision.get("power", ""))
        effect = self.decision.get("smallest_detectable_effect")
        if told or not isinstance(effect, int | float) or effect >= 1:
            return told
        return f"A fall of the pass rate by less than {effect * 100:.0f} points cannot be seen."

    @property
    def slices(self) -> list[Slice]:
        """Pass rates by what the cases are about, most broken first."""
        return slices(self.standings)

    def count(self, change: str) -> int:
        """How many cases are broken, fixed, failing, passing or unanswered."""
        return sum(standing.change == change for standing in self.standings)

    @property
    def counts(self) -> dict[str, int]:
        """The same for every kind."""
        kinds = ("broken", "fixed", "failing", "passing", "unanswered")
        return {kind: self.count(kind) for kind in kinds}

    @property
    def file_name(self) -> str:
        """What the file is called, without its ending: `eval-acme-triage-r12-2026-11-21`."""
        variant, when = self.run.variant, self.run.finished_at or self.run.started_at
        whose = variant.tenant.slug if variant.tenant else "default"
        parts = f"eval-{whose}-{variant.prompt.slug}-r{self.run.revision.number}"
        return f"{re.sub('[^A-Za-z0-9_-]+', '-', parts)}-{timezone.localtime(when):%Y-%m-%d}"


def facts_of(run: EvalRun) -> Facts:
    """The facts of a run; two queries beyond the run's own row."""
    return Facts(run, getattr(run, "verdict", None), standings(run), timezone.now())
