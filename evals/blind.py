"""Blind comparison: people choose between old and new answers, not knowing which is which."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from django.conf import settings
from django.db import IntegrityError, transaction

from evals import preferences
from evals.models import Arm, Case, CaseResult, Choice, EvalRun, Outcome, Preference, RunStage
from registry import events
from registry.models import User
from registry.roles import require

LARGEST_SET = preferences.choices_needed()
"""Pairs one person is asked about: as many as tell the drop that is not tolerated.
Where a run has more, people get different ones, so that together they see more of them."""

Side = Literal["left", "right", "tie"]


class CannotCompare(Exception):
    """There is nothing to compare in this run; the message says why."""


@dataclass(frozen=True)
class Pair:
    """A case's two answers. `new_left` says which side the new one is shown on; pages do not."""

    case: Case
    old: str
    new: str
    new_left: bool

    @property
    def left(self) -> str:
        """The answer on the left."""
        return self.new if self.new_left else self.old

    @property
    def right(self) -> str:
        """The answer on the right."""
        return self.old if self.new_left else self.new

    def chosen(self, side: Side) -> Choice:
        """Whose answer a side is."""
        if side == "tie":
            return Choice.TIE
        return Choice.NEW if (side == "left") == self.new_left else Choice.OLD


def pairs_of(run: EvalRun, person: User) -> list[Pair]:
    """What this person is to compare, in an order and with sides of their own.

    The first answers of each arm, where they differ. Order and sides come from a keyed hash over
    run, case and person: the same after a break, unknown beforehand, and another for each person.
    Raises CannotCompare for a run without two sets of answers.
    """
    if run.baseline_id is None:
        raise CannotCompare("This run had no old revision to compare with.")
    if run.stage != RunStage.DONE:
        raise CannotCompare("The run has to end first: both answers must be there.")
    old, new = (_first_answers(run, arm) for arm in (Arm.BASELINE, Arm.CANDIDATE))
    apart = [pk for pk in new if pk in old and old[pk].strip() != new[pk].strip()]
    order = sorted(apart, key=lambda pk: _hash(run, pk, person, "order"))[:LARGEST_SET]
    if not order:
        raise CannotCompare("Old and new answers are the same in every case.")
    cases = Case.objects.in_bulk(order)
    return [
        Pair(cases[pk], old[pk], new[pk], _hash(run, pk, person, "side")[0] % 2 == 0)
        for pk in order
    ]


def _first_answers(run: EvalRun, arm: Arm) -> dict[int, str]:
    rows = CaseResult.objects.filter(
        run=run, arm=arm, repeat=0, outcome__in=[Outcome.ANSWERED, Outcome.UNSCORED]
    )
    return dict(rows.order_by("attempt").values_list("case_id", "answer"))


def _hash(run: EvalRun, case: int, person: User, what: str) -> bytes:
    said = f"blind:{what}:{run.pk}:{case}:{person.pk}"
    return hmac.new(settings.SECRET_KEY.encode(), said.encode(), hashlib.sha256).digest()


def left_to_do(run: EvalRun, person: User, pairs: Iterable[Pair]) -> list[Pair]:
    """Those of the pairs that the person has not chosen between yet."""
    done = set(Preference.objects.filter(run=run, by=person).values_list("case_id", flat=True))
    return [pair for pair in pairs if pair.case.pk not in done]


@transaction.atomic
def choose(run: EvalRun, pair: Pair, side: Side, *, by: User, of: int) -> Preference:
    """Write a person's choice, once: the first one stands, whatever is sent again.

    `of`: how many pairs the person has; with the last of them it is recorded that they are through.
    """
    require(by, "run_evals", run.variant.tenant)
    choice = pair.chosen(side)
    try:
        with transaction.atomic():
            row = Preference.objects.create(
                run=run, case=pair.case, by=by, choice=choice, new_was_left=pair.new_left
            )
    except IntegrityError:
        return Preference.objects.get(run=run, case=pair.case, by=by)
    if Preference.objects.filter(run=run, by=by).count() == of:
        events.record("preference.finished", run, by, "", variant=run.variant, choices=of)
    return row


def tally(run: EvalRun) -> preferences.Preferred:
    """What all choices of a run amount to; only for whoever has finished the own set."""
    rows = Preference.objects.filter(run=run).values_list("case_id", "choice")
    choices = [(str(case), cast(preferences.Choice, choice)) for case, choice in rows]
    return preferences.weigh(*preferences.count_by_case(choices))
