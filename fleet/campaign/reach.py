"""Which live variants a published base or policy version has not reached yet."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from fleet.blast.reach import BaseLines, live_rows, prompts_under
from fleet.campaign.models import Track
from fleet.release.models import Release, Stage
from registry.models import BaseVersion, PolicyVersion, User, Variant, VariantStage


def is_current(version: BaseVersion | PolicyVersion) -> bool:
    """Whether new revisions of its line are written on this version."""
    line = version.base if isinstance(version, BaseVersion) else version.policy
    return line.versions.filter(revocation__isnull=True).first() == version


def releases_behind(version: BaseVersion | PolicyVersion) -> QuerySet[Release]:
    """Live releases on anything else of this line, that no open campaign owns; by variant."""
    live = Release.objects.filter(
        stage=Stage.LIVE, variant__stage=VariantStage.ACTIVE, variant__in=_under(version)
    )
    if isinstance(version, BaseVersion):
        live = live.exclude(revision__base_version=version)
    else:
        live = live.exclude(revision__policy_version=version)
    owned = Track.objects.filter(variant=OuterRef("variant"), closed_at__isnull=True)
    return (
        live.filter(~Exists(owned))
        .select_related("variant__prompt", "variant__tenant", "revision__model_target")
        .select_related("revision__policy_version", "revision__base_version")
        .select_related("revision__overlay_version", "revision__variant__prompt")
        .select_related("revision__variant__tenant")
        .order_by("variant_id")
    )


def owned_behind(version: BaseVersion | PolicyVersion) -> int:
    """How many variants another open campaign holds back."""
    tracks = Track.objects.filter(closed_at__isnull=True, variant__in=_under(version))
    here = {"campaign__base_version": version} if isinstance(version, BaseVersion) else {
        "campaign__policy_version": version
    }  # fmt: skip
    return tracks.exclude(**here).count()


def visible_behind(version: BaseVersion | PolicyVersion, user: User) -> QuerySet[Release]:
    """The same within a person's reach."""
    return releases_behind(version).filter(variant__in=Variant.objects.visible_to(user))


def _under(version: BaseVersion | PolicyVersion) -> QuerySet[Variant] | list[int]:
    """The variants that this version's line applies to."""
    if isinstance(version, PolicyVersion):
        return Variant.objects.filter(prompt__in=prompts_under(version.policy))
    prompt = version.base.prompt_id
    lines = BaseLines(prompt)
    return [
        row.variant
        for row in live_rows([prompt])
        if (line := lines.line_for(row)) is not None and line.pk == version.base_id
    ]
