"""Runs that really ask: a fleet's revision against its live one, at a provider of the test's."""

from __future__ import annotations

from collections import Counter
from typing import Any

from evals.actions import CHUNK_KIND, start_run
from evals.models import EvalRun
from evals.suites import write_suite
from fleet import tasks
from registry.actions import freeze, freeze_overlay, overlay_for
from registry.models import Revision, Variant, WorkItem, WorkState
from tests.builders import Fleet
from tests.evals.endpoint import BAD, Provider, question_of

FORBIDDEN = BAD


def suite(fleet: Fleet, ordinary: int = 40, refunds: int = 20, must_pass: int = 0) -> None:
    """A core suite whose answers must not hold FORBIDDEN."""
    named = [("case", ordinary), ("refund", refunds), ("must", must_pass)]
    write_suite(
        prompt=fleet.prompt, by=fleet.engineer,
        cases=[
            {
                "key": f"{name}-{n}", "messages": [{"role": "user", "content": f"{name} {n}?"}],
                "variables": {"user_name": "Ana"}, "tags": [name], "must_pass": name == "must",
                "expectations": [{"scorer": "not_contains", "values": [FORBIDDEN]}],
            }
            for name, number in named
            for n in range(number)
        ],
    )  # fmt: skip


def candidate(fleet: Fleet, variant: Variant, tone: str = "New.") -> Revision:
    """A new text on the new model."""
    overlay = freeze_overlay(overlay_for(variant), {"tone": tone}, by=fleet.engineer, note="n")
    return freeze(
        variant, by=fleet.engineer, note="n", target=fleet.new, overlay=overlay,
        parent=variant.revisions.get(number=1),
    )  # fmt: skip


def begun(fleet: Fleet, variant: Variant | None = None, **kwargs: Any) -> EvalRun:
    """A run of a new text against the live one."""
    variant = variant or fleet.variants[0]
    live = variant.revisions.get(number=1)
    return start_run(candidate(fleet, variant), baseline=live, by=fleet.engineer, **kwargs)


def work_off() -> None:
    """Do what workers would do, until no chunk waits that is due."""
    while pks := list(
        WorkItem.objects.filter(
            kind=CHUNK_KIND, state=WorkState.QUEUED, not_before=None
        ).values_list("pk", flat=True)
    ):
        tasks.work(pks[0])


def times_asked(provider: Provider, model: str) -> Counter[str]:
    """Question -> how often a model was asked it."""
    asked = [body for body in provider.calls if body["model"].startswith(model)]
    return Counter(question_of(body) for body in asked)
