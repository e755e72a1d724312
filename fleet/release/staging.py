"""What is fetched by name of its stage: on staging before anything is live, or in the shadow.

Read from the releases themselves, not from `Served`: few ask, and no session depends on it.
"""

from __future__ import annotations

from typing import Any

from fleet.release.models import Release, Stage
from fleet.release.serve import answer, arms_of

LAYERS = (
    "revision__model_target", "revision__base_version", "revision__policy_version",
    "revision__overlay_version", "variant__prompt", "variant__tenant", "experiment",
)  # fmt: skip
"""Everything that `serve.answer` reads of a release."""


def staged_answer(
    prompt_slug: str, tenant_slug: str | None, locale: str, lane: str
) -> dict[str, Any] | None:
    """The JSON answer for what is on staging there; None when nothing is."""
    return _answer(Stage.STAGING, prompt_slug, tenant_slug, locale, lane)


def shadow_answer(
    prompt_slug: str, tenant_slug: str | None, locale: str, lane: str
) -> dict[str, Any] | None:
    """The JSON answer for the shadow there, for an SDK that runs and logs it; None without one."""
    return _answer(Stage.SHADOW, prompt_slug, tenant_slug, locale, lane)


def _answer(
    stage: Stage, prompt_slug: str, tenant_slug: str | None, locale: str, lane: str
) -> dict[str, Any] | None:
    """One variant by its four names; no tenant (None or empty) is the platform default."""
    found = Release.objects.filter(
        stage=stage, variant__prompt__slug=prompt_slug, variant__locale=locale, variant__lane=lane
    )
    tenant = {"variant__tenant__slug": tenant_slug} if tenant_slug else {"variant__tenant": None}
    release = found.filter(**tenant).select_related(*LAYERS).first()
    if release is None:
        return None
    return answer(release, arms_of(release, None), None)
