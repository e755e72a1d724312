"""`stage=staging` and `stage=shadow`: what does not serve yet, for those who try it out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fleet.delivery.admission import admit
from fleet.delivery.lookup import Ground, look
from fleet.delivery.models import Scope
from fleet.delivery.problems import Problem
from fleet.delivery.resolving import lane_among, refuse_unknown
from fleet.delivery.wanted import Wanted, preferences
from fleet.release.models import Release
from fleet.release.staging import shadow_answer, staged_answer

SCOPES = {"staging": Scope.PROMPTS_STAGING, "shadow": Scope.PROMPTS_READ}
"""A shadow is named in the live answer, so who reads that may read what it names."""

READERS = {"staging": staged_answer, "shadow": shadow_answer}


def staged(prefix: str, secret: str, wanted: Wanted) -> dict[str, Any]:
    """The answer of that stage, by the rules of lane and locale that live answers have.

    A tenant that is served a variant of its own gets its own staged text or a 404 Problem.
    """
    ground = look(prefix, wanted, wanted.lane, texts=False)
    admit(ground.key, secret, SCOPES[wanted.stage], wanted.tenant)
    refuse_unknown(wanted, ground)
    tenant = wanted.tenant
    places = _places(wanted, tenant)
    if not places and not any(row.tenant for row in ground.rows):
        tenant, places = "", _places(wanted, "")
    answer = None
    if places:
        locale, lane = _best(wanted, ground, places)
        answer = READERS[wanted.stage](wanted.slug, tenant, locale, lane)
    if answer is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"No {wanted.stage} release is here.")
    return answer | {"tenant": wanted.tenant or None}


def _places(wanted: Wanted, tenant: str) -> list[tuple[str, str]]:
    """(locale, lane) of each release on that stage."""
    whose = {"variant__tenant__slug": tenant} if tenant else {"variant__tenant": None}
    found = Release.objects.filter(stage=wanted.stage, variant__prompt__slug=wanted.slug, **whose)
    return list(found.values_list("variant__locale", "variant__lane"))


def _best(wanted: Wanted, ground: Ground, places: list[tuple[str, str]]) -> tuple[str, str]:
    lane = lane_among(wanted, ground, sorted({lane for _, lane in places}))
    locales = sorted(locale for locale, of_lane in places if of_lane == lane)
    order = [*preferences(wanted.locale), *preferences(ground.home or "en"), "en"]
    return next((one for one in order if one in locales), locales[0]), lane
