"""What the pages of experiments show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from fleet.bulk.models import BulkAct, BulkRow, BulkStage, RowState
from fleet.experiment.actions import START
from fleet.experiment.joining import Joining, variants_of, who_joins
from fleet.experiment.models import Experiment, ExperimentStage
from fleet.release.models import Release, Stage
from registry.models import Prompt, User, Variant

LEFT_SHOWN = 200
"""Variants that did not join shown on the page; the bulk act's page has all."""


@dataclass(frozen=True)
class Preview:
    """Who would join, and who would not with the reason."""

    found: Sequence[Joining]

    @property
    def joining(self) -> list[Joining]:
        """Variants where the arm would start."""
        return [one for one in self.found if one.joins]

    @property
    def staying(self) -> list[Joining]:
        """Variants that would stay out."""
        return [one for one in self.found if not one.joins]


def preview(prompt: Prompt | None, segment: str, user: User) -> Preview | None:
    """Who joins, once a prompt is chosen."""
    if prompt is None:
        return None
    return Preview(who_joins(list(variants_of(prompt, segment, user))))


def experiments_of(user: User) -> QuerySet[Experiment]:
    """Experiments this person may see: all, or those with an arm at one of their tenants."""
    found = Experiment.objects.select_related("prompt", "opened_by")
    if user.sees_own_tenants_only:
        own = Release.objects.filter(
            experiment=OuterRef("pk"), variant__in=Variant.objects.visible_to(user)
        )
        found = found.filter(Exists(own))
    return found


def listed(user: User) -> QuerySet[Experiment]:
    """The experiments with the number of their arms, running ones first."""
    arms = Q(releases__variant__in=Variant.objects.visible_to(user))
    running = arms & Q(releases__stage=Stage.CANARY)
    return experiments_of(user).annotate(
        arms=Count("releases", filter=arms), running=Count("releases", filter=running)
    ).order_by("closed_at", "-opened_at")  # fmt: skip


@dataclass(frozen=True)
class ExperimentPage:
    """One experiment, as far as this person may see it."""

    experiment: Experiment
    user: User

    @property
    def arms(self) -> QuerySet[Release]:
        """Its releases, a variant each, those that run first."""
        visible = Variant.objects.visible_to(self.user)
        rows = self.experiment.releases.filter(variant__in=visible)
        return (
            rows.select_related(
                "variant__tenant", "variant__prompt", "revision", "replaces__revision"
            )
            .defer("revision__text", "revision__segments")
            .order_by("ended_at", "variant__tenant__name", "pk")
        )

    @property
    def left(self) -> QuerySet[BulkRow]:
        """Variants where no arm started, with the reason."""
        visible = Variant.objects.visible_to(self.user)
        rows = BulkRow.objects.filter(
            act__in=self._acts.filter(kind=START), variant__in=visible, state=RowState.LEFT
        )
        started = Release.objects.filter(experiment=self.experiment, variant=OuterRef("variant_id"))
        rows = rows.filter(~Exists(started)).select_related("variant__tenant", "variant__prompt")
        return rows.order_by("variant__tenant__name", "pk")[:LEFT_SHOWN]

    @property
    def acts(self) -> QuerySet[BulkAct]:
        """What was done to its variants at once, newest first."""
        return self._acts.select_related("by").order_by("-at")

    @property
    def moving(self) -> BulkAct | None:
        """What still runs over its variants."""
        return self._acts.filter(stage=BulkStage.RUNNING).first()

    @property
    def running(self) -> int:
        """In how many variants the arm takes its share now."""
        return self.experiment.releases.filter(stage=Stage.CANARY).count()

    @property
    def is_open(self) -> bool:
        """Whether it may still be promoted or ended."""
        return self.experiment.stage == ExperimentStage.RUNNING

    @property
    def _acts(self) -> QuerySet[BulkAct]:
        return BulkAct.objects.filter(about__experiment=str(self.experiment.pk))
