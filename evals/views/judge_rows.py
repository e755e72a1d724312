"""Which judges the list shows, what each row says, and which suites ask a judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Subquery

from evals.judges.calibration import label_sets
from evals.judges.pinning import live_judges
from evals.models import Calibration, Case, Suite, SuiteVersion
from evals.suites import visible_suites
from registry.models import Prompt, PromptKind, Revision, User


@dataclass(frozen=True)
class JudgeRow:
    """One judge of the list."""

    prompt: Prompt
    live: Revision | None
    calibration: Calibration | None
    labels: int
    used_by: int

    @property
    def state(self) -> tuple[str, str]:
        """The pill's state and word."""
        return state_of(self.live, self.calibration)


def state_of(live: Revision | None, calibration: Calibration | None) -> tuple[str, str]:
    """How far a judge may be trusted, as a state and its word."""
    if live is None:
        return "draft", "Not released"
    if calibration is None:
        return "superseded", "Report only"
    return ("go", "Calibrated") if calibration.passed else ("needs_work", "Report only")


def judge_rows(user: User) -> list[JudgeRow]:
    """Every judge; the number of queries does not grow with them."""
    prompts = list(Prompt.objects.filter(kind=PromptKind.JUDGE))
    live = live_judges(prompt.slug for prompt in prompts)
    newest = newest_calibrations(revision.pk for revision in live.values())
    labels = _label_counts(prompts)
    uses = uses_of(user)
    return [
        JudgeRow(
            prompt, live.get(prompt.slug),
            newest.get(live[prompt.slug].pk) if prompt.slug in live else None,
            labels.get(prompt.pk, 0), sum(uses.get(prompt.slug, Counter()).values()),
        )
        for prompt in prompts
    ]  # fmt: skip


def newest_calibrations(revisions: Iterable[Any]) -> dict[Any, Calibration]:
    """Revision -> its newest calibration; one query."""
    found = Calibration.objects.filter(judge__in=list(revisions)).order_by("created_at")
    return {one.judge_id: one for one in found}


def _label_counts(prompts: Sequence[Prompt]) -> dict[int, int]:
    heads = label_sets(prompt.pk for prompt in prompts)
    sizes = dict(
        Case.objects.filter(suite_version__in=list(heads.values()))
        .values_list("suite_version")
        .annotate(Count("pk"))
    )
    return {pk: sizes.get(head.pk, 0) for pk, head in heads.items()}


def uses_of(user: User) -> dict[str, Counter[Suite]]:
    """Judge -> suite -> cases of its newest version that ask the judge, of visible suites."""
    head = SuiteVersion.objects.filter(suite=OuterRef("pk")).order_by("-number")
    suites = visible_suites(user).filter(active=True).annotate(head=Subquery(head.values("pk")[:1]))
    by_head = {suite.head: suite for suite in suites.select_related("prompt", "tenant", "policy")}
    cases = Case.objects.filter(
        suite_version__in=list(by_head), expectations__contains=[{"scorer": "llm_judge"}]
    ) | Case.objects.filter(
        suite_version__in=list(by_head), expectations__contains=[{"scorer": "pairwise"}]
    )
    found: dict[str, Counter[Suite]] = {}
    for version, expectations in cases.values_list("suite_version", "expectations"):
        for slug in {one["judge"] for one in expectations if isinstance(one.get("judge"), str)}:
            found.setdefault(slug, Counter())[by_head[version]] += 1
    return found
