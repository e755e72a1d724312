"""What is known of Revisions beyond themselves: the reads behind `blockers`, together for many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from evals.models import EvalRun
from evals.suites import combined_hash, suite_versions_for_all
from fleet.release.models import Release, Stage
from fleet.review.evidence import latest_runs
from fleet.review.models import Approval, Decision, Objection, ObjectionStage
from fleet.review.rules import Progress, progress_of
from fleet.review.voids import Void, voids_of
from registry import lines
from registry.models import BaseVersion, PolicyVersion, Revision, Variant


class Heads:
    """The newest policies and bases; each line is looked up once, however many stand on it."""

    def __init__(self) -> None:
        self._policies: dict[int, PolicyVersion] = {}
        self._bases: dict[tuple[int, str, int], BaseVersion] = {}

    def policy(self, revision: Revision) -> PolicyVersion:
        """The policy that is current for its prompt. Raises MissingLayer."""
        prompt = revision.variant.prompt
        if prompt.pk not in self._policies:
            self._policies[prompt.pk] = lines.policy_head(prompt)
        return self._policies[prompt.pk]

    def base(self, revision: Revision) -> BaseVersion:
        """The base that is current for its prompt, locale and model. Raises MissingLayer."""
        variant = revision.variant
        line = (variant.prompt_id, variant.locale, revision.model_target_id)
        if line not in self._bases:
            self._bases[line] = lines.base_head(variant, revision.model_target)
        return self._bases[line]


@dataclass(frozen=True)
class Known:
    """By Revision, but `suites` (the hash of all that measure it) and `live` by Variant.

    `runs`: the newest for the gate; `noes`: the newest no; `far`: how far its approvals are.
    """

    voids: dict[UUID, list[Void]]
    raised: dict[UUID, list[Objection]]
    runs: dict[UUID, EvalRun]
    suites: dict[int, str]
    noes: dict[UUID, Approval]
    far: dict[UUID, Progress]
    live: dict[int, Release]
    heads: Heads


def known_of(revisions: Sequence[Revision]) -> Known:
    """All of it for these Revisions; the queries grow with prompts, locales and models alone."""
    ids = [revision.pk for revision in revisions]
    runs = latest_runs(ids)
    return Known(
        voids_of(revisions, runs), _raised(ids), runs, _suites(one.variant for one in revisions),
        _noes(ids), progress_of(revisions), _live(revision.variant_id for revision in revisions),
        Heads(),
    )  # fmt: skip


def _raised(ids: Iterable[UUID]) -> dict[UUID, list[Objection]]:
    """The objections that block, the oldest first."""
    rows = Objection.objects.filter(revision__in=ids, stage=ObjectionStage.RAISED)
    found: dict[UUID, list[Objection]] = {}
    for one in rows.select_related("by").order_by("at"):
        found.setdefault(one.revision_id, []).append(one)
    return found


def _suites(variants: Iterable[Variant]) -> dict[int, str]:
    versions = suite_versions_for_all(list(variants))
    return {pk: combined_hash(some) for pk, some in versions.items()}


def _noes(ids: Iterable[UUID]) -> dict[UUID, Approval]:
    said = Approval.objects.filter(revision__in=ids, decision=Decision.REJECT)
    return {one.revision_id: one for one in said.select_related("by").order_by("at")}


def _live(variants: Iterable[int]) -> dict[int, Release]:
    live = Release.objects.filter(variant__in=set(variants), stage=Stage.LIVE)
    rows = live.select_related("revision").defer("revision__text", "revision__segments")
    return {one.variant_id: one for one in rows}
