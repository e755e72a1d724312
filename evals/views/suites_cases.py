"""The page of a suite or of one of its versions: its cases in words, and what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count

from evals.case_changes import CaseChanges, case_changes, question_of
from evals.drafts import rows_of, without_ids
from evals.expectations import in_words
from evals.models import EvalRun, Suite, SuiteDraft, SuiteVersion
from evals.suites import may_write, title_of
from evals.views.suites_list import SCOPES, last_runs
from registry.models import User, Variant

PAGE = 50
VERSIONS_SHOWN = 50
TAGS_SHOWN = 30
RUNS_SHOWN = 5
VARIANTS_OFFERED = 100
"""Variants to ask, biggest revenue first: a list one can look through."""


@dataclass(frozen=True)
class CaseRow:
    """A case, in words. `place` counts from 1."""

    place: int
    row: Mapping[str, Any]

    @property
    def question(self) -> str:
        """The last thing the customer says; what the case is known by."""
        return question_of(self.row)

    @property
    def earlier(self) -> int:
        """Turns before the question."""
        return len(self.row["messages"]) - 1

    @property
    def expected(self) -> list[str]:
        """What a good answer does, in words."""
        return [in_words(one) for one in self.row["expectations"]]


@dataclass(frozen=True)
class VersionPage:
    """One version of a suite; `version` is None while there is none yet."""

    suite: Suite
    version: SuiteVersion | None
    user: User
    asked: Mapping[str, str]

    @property
    def title(self) -> str:
        """What the suite is called."""
        return title_of(self.suite)

    @property
    def scope(self) -> str:
        """The scope as one word."""
        return SCOPES[self.suite.scope]  # type: ignore[index]

    @cached_property
    def rows(self) -> list[CaseRow]:
        """All cases of the version."""
        return [CaseRow(n, row) for n, row in enumerate(rows_of(self.version), 1)]

    @cached_property
    def tags(self) -> list[tuple[str, int]]:
        """(tag, cases), most frequent first."""
        counted = Counter(tag for row in self.rows for tag in row.row["tags"])
        return counted.most_common(TAGS_SHOWN)

    @property
    def must_pass(self) -> int:
        """How many cases must pass."""
        return sum(row.row["must_pass"] for row in self.rows)

    @property
    def tag(self) -> str:
        """The tag that the list is narrowed to."""
        return self.asked.get("tag", "")

    @property
    def q(self) -> str:
        """What is searched for."""
        return self.asked.get("q", "").strip()[:200]

    @property
    def keep(self) -> list[tuple[str, str]]:
        """What a search keeps of the address."""
        return [("tag", self.tag)]

    @property
    def count(self) -> str:
        """How many cases are shown of how many."""
        return f"{self.page.paginator.count:,} of {len(self.rows):,} cases"

    @cached_property
    def page(self) -> Page[CaseRow]:
        """The cases shown."""
        return Paginator(narrowed(self.rows, self.q, self.tag), PAGE).get_page(
            self.asked.get("page")
        )

    @cached_property
    def before(self) -> SuiteVersion | None:
        """The version before this one."""
        if self.version is None:
            return None
        return self._versions().filter(number__lt=self.version.number).first()

    @cached_property
    def changes(self) -> CaseChanges | None:
        """What it changed; None for the first. Two versions are matched by the cases' names."""
        if self.before is None:
            return None
        return case_changes(without_ids(rows_of(self.before)), [one.row for one in self.rows])

    @property
    def new_cases(self) -> list[int]:
        """Primary keys of the cases that this version added or changed."""
        found = self.changes.changes if self.changes is not None else ()
        return [int(change.new["id"][1:]) for change in found if change.new is not None]

    @cached_property
    def variants(self) -> list[Variant]:
        """Whom its cases could be asked of, for a trial."""
        return askable(self.suite, self.user) if self.version is not None else []

    @cached_property
    def versions(self) -> list[Any]:
        """The newest versions with their number of cases."""
        found = self._versions().select_related("author").annotate(size=Count("cases"))
        return list(found[:VERSIONS_SHOWN])

    @property
    def is_newest(self) -> bool:
        """Whether runs that start now ask this version."""
        return bool(self.versions) and self.versions[0].pk == (self.version and self.version.pk)

    @cached_property
    def draft(self) -> SuiteDraft | None:
        """What is being edited."""
        found = SuiteDraft.objects.filter(suite=self.suite).select_related("updated_by")
        return found.defer("cases").first()

    @cached_property
    def may_write(self) -> bool:
        """Whether this person may write this suite."""
        return may_write(self.user, self.suite)

    @cached_property
    def last_run(self) -> Any:
        """When any of its versions ran last."""
        return last_runs([self.suite.pk]).get(self.suite.pk)

    @cached_property
    def runs(self) -> list[EvalRun]:
        """The newest runs of this version that the person may see."""
        if self.version is None:
            return []
        visible = Variant.objects.visible_to(self.user)
        found = EvalRun.objects.filter(suite_versions=self.version, variant__in=visible)
        kept = ("variant__tenant", "variant__prompt", "verdict")
        return list(found.select_related(*kept)[:RUNS_SHOWN])

    @cached_property
    def measures(self) -> int:
        """How many active variants it measures, of those the person may see."""
        if not self.suite.active:
            return 0
        return measured_by(self.suite, self.user)

    def _versions(self) -> Any:
        return SuiteVersion.objects.filter(suite=self.suite).order_by("-number")


def measured_by(suite: Suite, user: User) -> int:
    """How many active variants a suite applies to, as `evals.suites.suites_for` has it."""
    variants = Variant.objects.visible_to(user).filter(stage="active")
    if suite.policy is not None:
        variants = variants.exclude(prompt__kind="judge")
        own = suite.policy.prompt_id
        return variants.filter(prompt=own).count() if own else variants.count()
    found = variants.filter(prompt=suite.prompt_id)
    return found.filter(tenant=suite.tenant_id).count() if suite.tenant_id else found.count()


def askable(suite: Suite, user: User) -> list[Variant]:
    """The active variants that a suite measures and the person may see, biggest first."""
    found = Variant.objects.visible_to(user).filter(stage="active")
    if suite.prompt_id:
        found = found.filter(prompt=suite.prompt_id)
    elif suite.policy is not None and suite.policy.prompt_id:
        found = found.filter(prompt=suite.policy.prompt_id)
    if suite.tenant_id:
        found = found.filter(tenant=suite.tenant_id)
    ordered = found.select_related("tenant", "prompt").order_by("-tenant__annual_revenue", "pk")
    return list(ordered[:VARIANTS_OFFERED])


def narrowed(rows: Sequence[CaseRow], q: str, tag: str) -> list[CaseRow]:
    """The cases with this tag that hold this text in name, conversation or expectations."""
    found = [row for row in rows if not tag or tag in row.row["tags"]]
    if not q:
        return found
    wanted = q.casefold()
    return [row for row in found if wanted in _searched(row)]


def _searched(row: CaseRow) -> str:
    said = (message["content"] for message in row.row["messages"])
    return "\n".join((row.row["key"], *said, *row.expected)).casefold()
