"""Which live variants a published base or policy version has not reached yet."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from fleet.blast.reach import BaseLines, live_rows, prompts_under
from fleet.campaign.models import Track
from fleet.release.models import Release, Stage
from registry import lines
from registry.models import BaseVersion, PolicyVersion, Revision, Variant, VariantStage


def is_current(version: BaseVersion | PolicyVersion) -> bool:
    """Whether new revisions of its line are written on this version."""
    line = version.base if isinstance(version, BaseVersion) else version.policy
    return line.versions.filter(revocation__isnull=True).first() == version


def live_behind(version: BaseVersion | PolicyVersion) -> QuerySet[Release]:
    """Live releases on anything else of this line, owned by a campaign or not."""
    live = Release.objects.filter(
        stage=Stage.LIVE, variant__stage=VariantStage.ACTIVE, variant__in=_under(version)
    )
    if isinstance(version, BaseVersion):
        return live.exclude(revision__base_version=version)
    return live.exclude(revision__policy_version=version)


def releases_behind(version: BaseVersion | PolicyVersion) -> QuerySet[Release]:
    """Those that no open campaign owns; by variant."""
    owned = Track.objects.filter(variant=OuterRef("variant"), closed_at__isnull=True)
    return (
        live_behind(version)
        .filter(~Exists(owned))
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


@dataclass(frozen=True)
class Newer:
    """A layer that moved on since a revision was frozen: `layer` is base or policy."""

    layer: str
    old: str
    version: BaseVersion | PolicyVersion

    @property
    def name(self) -> str:
        """What its newest version is called."""
        newest = self.version
        return newest.semver if isinstance(newest, BaseVersion) else str(newest.number)


def newer_layers(revision: Revision) -> list[Newer]:
    """What a revision stands behind: published, and not rolled out to its variant."""
    try:
        policy = lines.policy_head(revision.variant.prompt)
        base = lines.base_head(revision.variant, revision.model_target)
    except lines.MissingLayer:
        return []
    found = []
    if base.pk != revision.base_version_id:
        found.append(Newer("base", revision.base_version.semver, base))
    if policy.pk != revision.policy_version_id:
        found.append(Newer("policy", str(revision.policy_version.number), policy))
    return found


def _under(version: BaseVersion | PolicyVersion) -> QuerySet[Variant] | list[int]:
    """The variants that this version's line applies to."""
    if isinstance(version, PolicyVersion):
        return Variant.objects.filter(prompt__in=prompts_under(version.policy))
    prompt = version.base.prompt_id
    known = BaseLines(prompt)
    return [
        row.variant
        for row in live_rows([prompt])
        if (line := known.line_for(row)) is not None and line.pk == version.base_id
    ]
