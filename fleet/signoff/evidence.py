"""What the customer is shown: what changes, how it went, and the answers on their questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evals.models import EvalRun, SuiteScope
from evals.reports.facts import SIMULATOR
from evals.views.cases import Shown, Standing, of, standings, with_answers
from evals.views.marks import marked
from fleet.campaign.models import Track
from fleet.review.behaviour import moved
from fleet.signoff.models import SignOffLink
from fleet.signoff.phrases import Phrases, phrases_for
from registry.diff import Span
from registry.models import User

MOST_OWN = 100
"""Questions of their own that are shown; beyond it only their number is told."""

MOST_OTHER = 40
"""Further questions that are shown: worse ones first, then better, then other words."""

RANK = {"worse": 0, "open": 1, "better": 2, "same": 3}
"""What a reader has to see first."""

LONGEST_ANSWER = 6_000
"""Characters of an answer that are shown."""


@dataclass(frozen=True)
class Compared:
    """One question with the old and the new answer; `change`: better, worse, same or open."""

    case_id: int
    change: str
    own: bool
    turns: Sequence[tuple[str, str]]
    old: Sequence[Span] | None
    new: Sequence[Span] | None
    old_cut: bool = False
    new_cut: bool = False
    number: int = 0

    @property
    def alike(self) -> bool:
        """Whether both answers are there and are the same, word for word."""
        return self.old is not None and self.old_text == self.new_text and self.new is not None

    @property
    def old_text(self) -> str:
        """The old answer, as far as it is shown."""
        return "".join(span.text for span in self.old or ())

    @property
    def new_text(self) -> str:
        """The new answer, as far as it is shown."""
        return "".join(span.text for span in self.new or ())


@dataclass(frozen=True)
class Wording:
    """One place of the customer's own wording that changes."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Tally:
    """How many questions stand how. `failing`: of the same ones, how many fail as before."""

    all: int = 0
    own: int = 0
    same: int = 0
    better: int = 0
    worse: int = 0
    open: int = 0
    failing: int = 0


@dataclass(frozen=True)
class Evidence:
    """All that the page, the document and the stored evidence show."""

    link: SignOffLink
    track: Track
    say: Phrases
    tally: Tally
    compared: Sequence[Compared]
    left_out: int
    wording: Sequence[Wording]
    keeper: User | None
    simulated: bool
    picks: Mapping[int, str] = field(default_factory=dict)

    @property
    def own(self) -> list[Compared]:
        """The customer's own questions."""
        return [one for one in self.compared if one.own]

    @property
    def other(self) -> list[Compared]:
        """Questions of everybody whose answers changed."""
        return [one for one in self.compared if not one.own]


def evidence_of(link: SignOffLink, track: Track) -> Evidence:
    """What the link's page shows; a fixed number of queries.

    `track` is the link's, with revision, baseline, campaign, variant and tenant.
    """
    run, tenant = link.run, track.variant.tenant
    assert tenant is not None
    found = standings(run)
    own = _own_cases(run, tenant.pk)
    wanted, left_out = _wanted(run, found, own)
    compared = [_compared(shown, own) for shown in with_answers(run, wanted)]
    compared.sort(key=lambda one: (not one.own, RANK[one.change], one.alike))
    return Evidence(
        link=link, track=track, say=phrases_for(tenant.locale), tally=_tally(found, own),
        compared=[replace(one, number=n) for n, one in enumerate(compared, 1)], left_out=left_out,
        wording=_wording(track), keeper=keeper_of(track), simulated=_is_simulated(track),
    )  # fmt: skip


def keeper_of(track: Track) -> User | None:
    """Who looks after the customer: who brings the track home, else the account's owner."""
    if track.owner is not None and track.owner.is_active:
        return track.owner
    tenant = track.variant.tenant
    return next(iter(tenant.active_owners), None) if tenant is not None else None


def change_of(standing: Standing) -> str:
    """better, worse, same, or open where an answer is missing."""
    if standing.after is None or standing.before is None:
        return "open"
    if standing.after == standing.before:
        return "same"
    return "better" if standing.after else "worse"


def _own_cases(run: EvalRun, tenant: int) -> frozenset[int]:
    slices = run.suite_versions.filter(suite__scope=SuiteScope.SLICE, suite__tenant=tenant)
    return frozenset(slices.values_list("cases", flat=True))


def _tally(found: Sequence[Standing], own: frozenset[int]) -> Tally:
    changes = [change_of(standing) for standing in found]
    counts = {kind: changes.count(kind) for kind in ("same", "better", "worse", "open")}
    failing = sum(s.after is False and s.before is False for s in found)
    mine = sum(s.case_id in own for s in found)
    return Tally(all=len(found), own=mine, failing=failing, **counts)


def _wanted(
    run: EvalRun, found: Sequence[Standing], own: frozenset[int]
) -> tuple[list[Standing], int]:
    """Their own questions first, worse ones on top; then what else changed. And how many not."""
    mine = sorted((s for s in found if s.case_id in own), key=lambda s: RANK[change_of(s)])
    rest = [s for s in found if s.case_id not in own]
    changed = [*of(rest, "broken"), *of(rest, "fixed"), *moved(run, rest)]
    shown = [*mine[:MOST_OWN], *changed[:MOST_OTHER]]
    return shown, len(mine) + len(changed) - len(shown)


def _compared(shown: Shown, own: frozenset[int]) -> Compared:
    texts = [result.answer if result and not result.error else None
             for result in (shown.old, shown.new)]  # fmt: skip
    old, new = marked(*[(text or "")[:LONGEST_ANSWER] for text in texts])
    return Compared(
        case_id=shown.case.pk, change=change_of(shown.standing),
        own=shown.case.pk in own, turns=_turns(shown.case.messages),
        old=old if texts[0] is not None else None, new=new if texts[1] is not None else None,
        old_cut=len(texts[0] or "") > LONGEST_ANSWER, new_cut=len(texts[1] or "") > LONGEST_ANSWER,
    )  # fmt: skip


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The conversation as its two sides had it; what a system message says stays with us."""
    return [
        (m["role"], str(m.get("content", "")))
        for m in messages if m.get("role") in ("user", "assistant")
    ]  # fmt: skip


def _wording(track: Track) -> list[Wording]:
    """Where the values of the customer's own overlay differ."""
    labels = {
        slot["name"]: slot.get("label") or slot["name"]
        for version in (track.baseline.base_version, track.revision.base_version)
        for slot in version.slots
    }
    old, new = (
        revision.overlay_version.values if revision.overlay_version is not None else {}
        for revision in (track.baseline, track.revision)
    )
    changed = [name for name in {**old, **new} if old.get(name, "") != new.get(name, "")]
    return [
        Wording(labels.get(name, name), old.get(name, ""), new.get(name, "")) for name in changed
    ]


def _is_simulated(track: Track) -> bool:
    arms = (track.baseline, track.revision)
    return any(arm.model_target.provider == SIMULATOR for arm in arms)
