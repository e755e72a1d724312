"""The blockers as a checklist: each with what to do about it, as a link or button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from evals.models import EvalRun, RunStage
from fleet.review.blockers import Blocker
from fleet.review.powers import Powers
from registry.models import Revision


@dataclass(frozen=True)
class Remedy:
    """What to do: `post` for an act, else a place to go; `sign` is its icon."""

    label: str
    url: str
    sign: str
    post: bool = False


@dataclass(frozen=True)
class Item:
    """One blocker with what this person can do about it."""

    blocker: Blocker
    remedies: list[Remedy]


def checklist(powers: Powers, run: EvalRun | None) -> list[Item]:
    """Every blocker, each remedy where the person may use it."""
    return [
        Item(blocker, REMEDIES.get(blocker.code, _none)(powers, run))
        for blocker in powers.blockers
    ]  # fmt: skip


def _none(powers: Powers, run: EvalRun | None) -> list[Remedy]:
    return []


def _evals(powers: Powers, run: EvalRun | None) -> list[Remedy]:
    if run is not None and run.stage == RunStage.RUNNING:
        return [Remedy("Watch the run", run.get_absolute_url(), "progress")]
    return _evaluate(powers)


def _evaluate(powers: Powers) -> list[Remedy]:
    if not powers.user.has_perm("registry.run_evals"):
        return []
    url = reverse("eval-run-start", args=[powers.review.revision_id])
    return [Remedy("Evaluate it now", url, "player-play", post=True)]


def _verdict(powers: Powers, run: EvalRun | None) -> list[Remedy]:
    shown = [Remedy("See what broke", run.get_absolute_url(), "test-pipe")] if run else []
    return [*shown, *_evaluate(powers), *_edit(powers)]


def _rebase(powers: Powers, run: EvalRun | None) -> list[Remedy]:
    if not powers.may_rebase:
        return []
    return [Remedy("Rebase", reverse("review-rebase", args=[powers.review.pk]), "git-merge")]


def _lint(powers: Powers, run: EvalRun | None) -> list[Remedy]:
    return _edit(powers)


def _edit(powers: Powers) -> list[Remedy]:
    if not powers.may_write:
        return []
    url = reverse("overlay-edit", args=[powers.review.variant_id])
    return [Remedy("Open the overlay", url, "pencil")]


def _live(powers: Powers, run: EvalRun | None) -> list[Remedy]:
    revision = powers.review.revision
    live = _live_of(revision)
    compare = f"{reverse('compare')}?a={live.pk}&b={revision.pk}" if live else ""
    compared = [Remedy("Compare the two", compare, "git-compare")] if live else []
    return [*compared, *_rebase(powers, run)]


def _live_of(revision: Revision) -> Revision | None:
    live = revision.variant.releases.filter(stage="live").select_related("revision").first()
    return live.revision if live else None


def _revoked(powers: Powers, run: EvalRun | None) -> list[Remedy]:
    page = Remedy("See the revision", powers.review.revision.get_absolute_url(), "ban")
    return [page, *_edit(powers)]


def _objections(powers: Powers, run: EvalRun | None) -> list[Remedy]:
    return [Remedy("See the objection", "#objections", "message"), *_edit(powers)]


REMEDIES: dict[str, Callable[[Powers, EvalRun | None], list[Remedy]]] = {
    "evals": _evals,
    "verdict": _verdict,
    "risk": _verdict,
    "void": _verdict,
    "base": _rebase,
    "policy": _rebase,
    "model": _rebase,
    "live": _live,
    "lint": _lint,
    "revoked": _revoked,
    "objection": _objections,
}
"""Code of a blocker -> what can be done about it from this page."""
