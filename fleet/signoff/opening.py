"""From an address to what it opens. Reads only: mail scanners open every link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import HttpRequest
from django.urls import reverse

from fleet.campaign.models import Track
from fleet.signoff import blind
from fleet.signoff.evidence import Evidence, evidence_of
from fleet.signoff.holding import LinkRefused, Problem, refuse
from fleet.signoff.models import SignOffLink
from fleet.signoff.phrases import Phrases, best_of, phrases_for
from fleet.signoff.secrets import TOKEN, hash_of
from fleet.signoff.visit import Visit, visit_of
from registry.models import Revision


@dataclass(frozen=True)
class Opened:
    """A link that exists, its track, and the browser that opened it."""

    token: str
    link: SignOffLink
    track: Track
    visit: Visit

    @property
    def path(self) -> str:
        """The link's address: its cookie goes nowhere else."""
        return reverse("sign-off", args=[self.token])

    @property
    def say(self) -> Phrases:
        """The customer's language."""
        return language_of(self.link)

    @property
    def is_done_here(self) -> bool:
        """Whether this browser has just decided by it."""
        return self.link.sign_off_id is not None and self.visit.done

    def evidence(self) -> Evidence:
        """What the reader is shown, with what they chose blind. LinkRefused if it is over."""
        refuse(self.link, self.track)
        found = evidence_of(self.link, self.track)
        return replace(found, picks=_chosen(found, self.visit.picks))


def _chosen(evidence: Evidence, picks: Mapping[int, str]) -> dict[int, str]:
    return blind.choices(blind.pairs_of(evidence), picks)


def open_address(request: HttpRequest, token: str) -> Opened:
    """The link of this token, whether it still holds or not. LinkRefused when there is none."""
    link = find(token)
    if link is None:
        raise LinkRefused(Problem.UNKNOWN)
    return Opened(token, link, _whole(link), visit_of(request, link))


def find(token: str) -> SignOffLink | None:
    """The link of a token, with its customer."""
    if not TOKEN.match(token):
        return None
    found = SignOffLink.objects.filter(token_hash=hash_of(token))
    return found.select_related(
        "contact", "run", "sign_off", "track__variant__tenant", "track__variant__prompt"
    ).first()


def _whole(link: SignOffLink) -> Track:
    """The link's track with all that its page reads.

    In steps: PostgreSQL takes longer to plan one join over all of it than to run these three.
    """
    track = Track.objects.select_related(
        "run", "wave", "owner", "campaign__source", "campaign__target", "campaign__base_version",
        "campaign__policy_version",
    ).get(pk=link.track_id)  # fmt: skip
    track.variant = link.track.variant
    arms = Revision.objects.select_related("model_target", "base_version", "overlay_version")
    found = arms.in_bulk([track.revision_id, track.baseline_id])
    track.revision, track.baseline = found[track.revision_id], found[track.baseline_id]
    return track


def language_of(link: SignOffLink) -> Phrases:
    """The language of the contact's company."""
    tenant = link.track.variant.tenant
    return phrases_for(tenant.locale if tenant is not None else "")


def language_for(request: HttpRequest, token: str) -> Phrases:
    """What a refusal is written in: the customer's language, else what the browser asks for."""
    link = find(token)
    if link is not None:
        return language_of(link)
    asked = request.headers.get("Accept-Language", "")[:200].split(",")
    return best_of(part.partition(";")[0].strip() for part in asked)
