"""The half sentence that a switch of one variant leaves all others alone."""

from __future__ import annotations

from fleet.release.models import Release, Stage
from registry.models import Variant


def others_stay(variant: Variant) -> str:
    """“46 other variants stay as they are.”: other customers' live variants of the prompt."""
    live = Release.objects.filter(stage=Stage.LIVE, variant__prompt_id=variant.prompt_id)
    others = live.filter(variant__tenant__isnull=False).exclude(variant=variant).count()
    return "1 other variant stays as it is." if others == 1 else (
        f"{others} other variants stay as they are."
    )  # fmt: skip
