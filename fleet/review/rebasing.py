"""What a review's overlay would stand on today, and how it merges with it."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.release.models import Release, Stage
from fleet.review.models import Review
from fleet.review.three_way import SlotRebase, proposal_of, three_way
from registry import lines
from registry.models import BaseVersion, ModelTarget, OverlayVersion, PolicyVersion, Revision


@dataclass(frozen=True)
class RebaseGround:
    """The ground a review stands on, today's, and the merge slot by slot.

    `live` is what takes traffic now; `target` the model a rebased text is made for.
    """

    review: Review
    live: Revision | None
    policy: PolicyVersion
    base: BaseVersion
    target: ModelTarget
    slots: list[SlotRebase]

    @property
    def conflicts(self) -> list[SlotRebase]:
        """The slots that need a person's choice."""
        return [slot for slot in self.slots if slot.conflict]

    @property
    def proposal(self) -> dict[str, str] | None:
        """The merged values, None while something needs a choice."""
        return proposal_of(self.slots)

    @property
    def moved(self) -> list[str]:
        """What moved on since the review's text was frozen: policy, base, model, live."""
        revision = self.review.revision
        pairs = {
            "policy": (revision.policy_version_id, self.policy.pk),
            "base": (revision.base_version_id, self.base.pk),
            "model": (revision.model_target_id, self.target.pk),
            "live": (revision.parent_id, self.live.pk if self.live else revision.parent_id),
        }
        return [name for name, (then, today) in pairs.items() if then != today]


def rebase_ground(review: Review) -> RebaseGround:
    """Today's heads and the three-way merge. MissingLayer where a layer has no version left."""
    revision = review.revision
    live = _live(revision)
    target = live.model_target if live is not None else revision.model_target
    base = lines.base_head(review.variant, target)
    slots = three_way(
        revision.base_version.slot_list, base.slot_list,
        was=_values(revision.parent.overlay_version if revision.parent else None),
        mine=_values(revision.overlay_version),
        now=_values(live.overlay_version if live else None),
    )  # fmt: skip
    return RebaseGround(review, live, lines.policy_head(review.variant.prompt), base, target, slots)


def _live(revision: Revision) -> Revision | None:
    live = Release.objects.filter(variant=revision.variant_id, stage=Stage.LIVE)
    found = live.select_related("revision__overlay_version", "revision__model_target").first()
    return found.revision if found else None


def _values(overlay: OverlayVersion | None) -> dict[str, str]:
    return dict(overlay.values) if overlay else {}
