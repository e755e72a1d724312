"""The acts on a variant's stages: a button each, and a dialog that says what will happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from fleet.release.actions.canary import percent
from fleet.release.forms import Row
from fleet.release.models import Release, Stage
from fleet.review.blockers import Blocker
from fleet.review.models import ReviewStage
from fleet.review.words import others_stay
from registry.models import Revision, VariantStage

if TYPE_CHECKING:
    from fleet.release.stages import Stages

TRIABLE = (
    ReviewStage.OPEN, ReviewStage.CHANGES_REQUESTED, ReviewStage.APPROVED, ReviewStage.SCHEDULED,
)  # fmt: skip
"""Stages of a review whose text may be tried out."""


@dataclass(frozen=True)
class Typed:
    """What was typed into a dialog that was refused, and why; it opens again with both."""

    act: str
    problem: str
    reasons: Sequence[Blocker] = ()
    why: str = ""
    rows: Sequence[Row] = ()
    by_time: bool = False

    @property
    def warnings(self) -> list[Blocker]:
        """What only has to be ticked."""
        return [one for one in self.reasons if one.weight == "acknowledge"]


@dataclass(frozen=True)
class Act:
    """One button and its dialog."""

    name: str
    url: str
    button: str
    heading: str
    text: str
    icon: str
    act: str = ""
    reason: str = "optional"
    danger: bool = False
    fields: Sequence[tuple[str, str]] = ()
    extra: str = "release/_tick.html"
    typed: Typed | None = None

    @property
    def dialog(self) -> str:
        """The dialog's id on the page."""
        return f"stage-{self.name}"


@dataclass(frozen=True)
class Acts:
    """What one person may do about the stages of one variant."""

    stages: Stages

    def all(self) -> list[Act]:
        """Every act open to them now, in the order of the stages."""
        found: list[Act] = []
        if self.stages.user.has_perm("registry.release"):
            found += [*self._starting(), *self._going_on(), *self._ending_trials()]
        if self.stages.canary and self.stages.user.has_perm("registry.roll_back"):
            found.append(self._stopping(self.stages.canary))
        return found

    def _starting(self) -> list[Act]:
        revision = self.stages.candidate
        review = self.stages.review
        if revision is None or self.stages.variant.stage == VariantStage.RETIRED:
            return []
        if review is not None and review.stage not in TRIABLE:
            return []
        at = {
            stage for stage, release in self.stages.running.items() if release.revision == revision
        }
        if at & {Stage.CANARY, Stage.LIVE}:
            return []
        found = []
        if Stage.STAGING not in at:
            found.append(self._staging_act(revision))
        if self.stages.live and Stage.SHADOW not in at:
            found.append(self._shadow_act(revision))
        approved = review is not None and review.stage == ReviewStage.APPROVED
        if approved and self.stages.live and not self.stages.canary and not _on_track(revision):
            found.append(self._canary_act(revision))
        return found

    def _staging_act(self, revision: Revision) -> Act:
        return self._act(
            "staging", "variant-staging", f"Put revision {revision.number} on staging",
            f"Keys with the scope prompts:staging fetch revision {revision.number} with "
            "?stage=staging. No caller of the live prompt gets it.",
            "test-pipe", button="Put on staging", revision=revision,
        )  # fmt: skip

    def _shadow_act(self, revision: Revision) -> Act:
        return self._act(
            "shadow", "variant-shadow", f"Run revision {revision.number} in the shadow",
            f"Everybody still gets revision {self._live_number}. Applications that run shadows "
            f"run revision {revision.number} beside it and log what it says.",
            "ghost", button="Start shadow", revision=revision,
        )  # fmt: skip

    def _canary_act(self, revision: Revision) -> Act:
        return self._act(
            "canary", "variant-canary", f"Start a canary of revision {revision.number}",
            f"The first share of {self._name}'s sessions gets revision {revision.number}, all "
            f"others stay on revision {self._live_number}. Who has it keeps it while it grows. "
            f"{others_stay(self.stages.variant)}",
            "circle-half-2", button="Start canary", revision=revision,
            extra="release/_plan_fields.html",
        )  # fmt: skip

    def _going_on(self) -> list[Act]:
        canary = self.stages.canary
        if canary is None:
            return []
        number, found = canary.revision.number, []
        if canary.step + 1 < len(self.stages.plan):
            share = percent(self.stages.plan[canary.step + 1].share)
            found.append(
                self._act(
                    "next", "release-next", f"Next step: {share} of sessions",
                    f"{share} of {self._name}'s sessions get revision {number}, now "
                    f"{self.stages.canary_share}. {self.stages.judgement}",
                    "player-play", button=f"Next step: {share}", release=canary,
                    fields=[("step", str(canary.step))], reason="none",
                )
            )  # fmt: skip
        found.append(
            self._act(
                "promote", "release-promote", f"Make revision {number} live for all",
                f"Everybody who calls {self._name} gets revision {number} instead of revision "
                f"{self._live_number}. {self.stages.judgement} {others_stay(self.stages.variant)}",
                "rocket", button="Make live for all", release=canary,
            )
        )  # fmt: skip
        return found

    def _ending_trials(self) -> list[Act]:
        found = []
        for release, name, words in (
            (self.stages.staging, "unstage", "Take off staging"),
            (self.stages.shadow, "unshadow", "Stop shadow"),
        ):
            if release is not None:
                found.append(
                    self._act(
                        name, "release-stop", f"{words}: revision {release.revision.number}",
                        "What callers get does not change.", "x", button=words, release=release,
                    )
                )  # fmt: skip
        return found

    def _stopping(self, canary: Release) -> Act:
        return self._act(
            "stop", "release-stop", f"Stop the canary of revision {canary.revision.number}",
            f"All sessions of {self._name} get revision {self._live_number} again, at once. Its "
            "review goes back to its author and has to be decided anew.",
            "ban", button="Stop canary", release=canary, reason="required", danger=True,
        )  # fmt: skip

    def _act(
        self, name: str, url: str, heading: str, text: str, icon: str, *, button: str,
        revision: Revision | None = None, release: Release | None = None, reason: str = "optional",
        fields: Sequence[tuple[str, str]] = (), danger: bool = False,
        extra: str = "release/_tick.html",
    ) -> Act:  # fmt: skip
        own = [("revision", str(revision.pk))] if revision else []
        back = [("back", self.stages.back)] if self.stages.back else []
        of = release.pk if release else self.stages.variant.pk
        typed = self.stages.typed
        return Act(
            name, reverse(url, args=[of]), button, heading, text, icon, act=button, reason=reason,
            danger=danger, fields=[*own, *fields, *back], extra=extra,
            typed=typed if typed is not None and typed.act == name else None,
        )  # fmt: skip

    @property
    def _name(self) -> str:
        return f"{self.stages.variant.tenant_name}{self.stages.variant.suffix}"

    @property
    def _live_number(self) -> int | str:
        return self.stages.live.revision.number if self.stages.live else "nothing"


def _on_track(revision: Revision) -> bool:
    return revision.tracks.filter(closed_at__isnull=True).exists()
