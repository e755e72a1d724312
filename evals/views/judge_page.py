"""What the page of one judge shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from evals.judges.calibration import (
    Labelled,
    label_of,
    labelled,
    labels_of,
    standard,
)
from evals.judges.kappa import in_words
from evals.judges.pinning import live_judges
from evals.judges.rescoring import last_rescored, scored_by_others
from evals.models import Calibration, EvalRun, RunKind, RunStage, Suite, SuiteVersion
from evals.views.judge_rows import newest_calibrations, state_of, uses_of
from registry.models import Event, Prompt, Revision, User

VERSIONS_SHOWN = 20
UNREAD = "not readable"


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
        return uses_of(self.user).get(self.prompt.slug, Counter()).most_common()

    @cached_property
    def outscored(self) -> list[EvalRun]:
        """Runs that another version of this judge scored, and that may be scored again."""
        if self.live is None or self.calibration is None or not self.calibration.passed:
            return []
        return scored_by_others(self.live)

    @cached_property
    def rescored(self) -> Event | None:
        """When the live version had its forerunner's last runs scored again."""
        return last_rescored(self.live) if self.live else None

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
