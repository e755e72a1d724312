"""What the pages of the judges show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from evals.judges.calibration import (
    Labelled,
    label_of,
    label_sets,
    labelled,
    labels_of,
    standard,
)
from evals.judges.kappa import in_words
from evals.judges.pinning import live_judges
from evals.judges.rescoring import scored_by_others
from evals.models import Calibration, Case, EvalRun, RunKind, RunStage, Suite, SuiteVersion
from evals.suites import visible_suites
from registry.models import Prompt, PromptKind, Revision, User

VERSIONS_SHOWN = 20
UNREAD = "not readable"


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
    uses = _uses(user)
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


def _uses(user: User) -> dict[str, Counter[Suite]]:
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


@dataclass(frozen=True)
class VersionRow:
    """One Revision of a judge and what it has shown."""

    revision: Revision
    live: bool
    calibration: Calibration | None
    running: EvalRun | None


@dataclass(frozen=True)
class ConfusionRow:
    """One label of people, and how often the judge said each of its own."""

    label: str
    cells: tuple[tuple[str, int, bool], ...]
    total: int


@dataclass(frozen=True)
class JudgePage:
    """One judge: whether it can be trusted, on what grounds, and where it is used."""

    prompt: Prompt
    user: User

    @cached_property
    def live(self) -> Revision | None:
        """The Revision that scores in new runs."""
        return live_judges([self.prompt.slug]).get(self.prompt.slug)

    @cached_property
    def labels(self) -> SuiteVersion | None:
        """Its labelled set."""
        return labels_of(self.prompt)

    @cached_property
    def versions(self) -> list[VersionRow]:
        """Its newest Revisions with their calibrations."""
        revisions = list(self._revisions()[:VERSIONS_SHOWN])
        newest = newest_calibrations(one.pk for one in revisions)
        under_way = EvalRun.objects.filter(
            revision__in=revisions, kind=RunKind.CALIBRATION,
            stage__in=[RunStage.RUNNING, RunStage.PAUSED],
        )  # fmt: skip
        running = {run.revision_id: run for run in under_way.order_by("started_at")}
        live = self.live.pk if self.live else None
        return [
            VersionRow(one, one.pk == live, newest.get(one.pk), running.get(one.pk))
            for one in revisions
        ]

    def _revisions(self) -> QuerySet[Revision]:
        found = Revision.objects.filter(variant__prompt=self.prompt, variant__tenant=None)
        return found.select_related("model_target", "base_version", "author", "variant__prompt")

    @cached_property
    def shown(self) -> VersionRow | None:
        """The version the page is about: the live one, else the newest."""
        return next((row for row in self.versions if row.live), next(iter(self.versions), None))

    @property
    def calibration(self) -> Calibration | None:
        """The newest calibration of the version shown."""
        return self.shown.calibration if self.shown else None

    @property
    def state(self) -> tuple[str, str]:
        """The pill's state and word."""
        return state_of(self.live, self.calibration)

    @property
    def words(self) -> str:
        """What its kappa is called."""
        kappa = self.calibration.kappa if self.calibration else None
        return in_words(kappa) if kappa is not None else ""

    @cached_property
    def outdated(self) -> bool:
        """Whether the labelled set has changed since the calibration."""
        if self.calibration is None or self.labels is None:
            return False
        return not self.calibration.run.suite_versions.filter(pk=self.labels.pk).exists()

    @cached_property
    def answers(self) -> list[Labelled]:
        """What people and judge said of each labelled answer."""
        return labelled(self.calibration.run) if self.calibration else []

    @property
    def disagreements(self) -> list[Labelled]:
        """Where the two differ; those first in which a person would be let down."""
        return sorted((one for one in self.answers if not one.agreed), key=lambda o: o.judge or "")

    @property
    def said(self) -> list[str]:
        """The columns of the confusion: the judge's labels, last what could not be read."""
        found = sorted({one.people for one in self.answers}, reverse=True)
        unread = any(one.judge is None for one in self.answers)
        return [*found, UNREAD] if unread else found

    @property
    def confusion(self) -> list[ConfusionRow]:
        """People's labels against the judge's."""
        counts = Counter((one.people, one.judge or UNREAD) for one in self.answers)
        return [
            ConfusionRow(
                label, tuple((said, counts[label, said], said == label) for said in self.said),
                sum(counts[label, said] for said in self.said),
            )
            for label in self.said if label != UNREAD
        ]  # fmt: skip

    @cached_property
    def label_counts(self) -> list[tuple[str, int]]:
        """How many answers of the set people gave each label."""
        if self.labels is None:
            return []
        found = self.labels.cases.values_list("expectations", flat=True)
        counts = Counter(label_of(expectations)[0] or "no label" for expectations in found)
        return sorted(counts.items())

    @property
    def uses(self) -> list[tuple[Suite, int]]:
        """Suites that ask this judge, with how many of their cases do."""
        return _uses(self.user).get(self.prompt.slug, Counter()).most_common()

    @cached_property
    def outscored(self) -> list[EvalRun]:
        """Runs that another version of this judge scored, and that may be scored again."""
        if self.live is None or self.calibration is None or not self.calibration.passed:
            return []
        return scored_by_others(self.live)

    @property
    def needed(self) -> Any:
        """What this installation asks of a judge."""
        return standard()

    @property
    def scale(self) -> dict[str, float] | None:
        """Kappa and its interval as places on a line of 100: below chance counts as 0."""
        one = self.calibration
        if one is None or one.kappa is None or one.kappa_low is None or one.kappa_high is None:
            return None
        low, high = (100 * max(0.0, end) for end in (one.kappa_low, one.kappa_high))
        return {
            "low": low, "width": max(0.5, high - low), "kappa": 100 * max(0.0, one.kappa),
            "needed": 100 * self.needed.min_kappa,
        }  # fmt: skip
