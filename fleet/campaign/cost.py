"""What a campaign's evals have cost so far, against what was expected when each began."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum

from fleet.campaign.models import Campaign
from fleet.campaign.rows import visible_tracks
from fleet.ledger.calls import run_costs, spent_together
from fleet.ledger.campaign_runs import runs_of
from registry.models import User


@dataclass(frozen=True)
class Cost:
    """In USD. `expected`: of the `runs` whose price was known before; None where of none.

    `unpriced`: calls whose price is unknown, so that `spent` lacks them.
    """

    spent: Decimal
    expected: Decimal | None
    runs: int
    calls: int
    unpriced: int

    @property
    def words(self) -> str:
        """“USD 12.40 spent on 51 evals; about 14.10 was expected.”"""
        evals = f"{self.runs} eval{'' if self.runs == 1 else 's'}"
        known = "" if self.expected is None else f"; about {self.expected:.2f} was expected"
        lacks = f", without {self.unpriced} calls of unknown price" if self.unpriced else ""
        return f"USD {self.spent:.2f} spent on {evals}{known}{lacks}."


def cost_of(campaign: Campaign, user: User) -> Cost:
    """Over the runs of the tracks that the person sees; the answers are summed in the database."""
    runs = runs_of(campaign, visible_tracks(campaign, user))
    spent = spent_together(run.spent for run in run_costs(runs))
    before = runs.aggregate(
        expected=Sum("cost_estimate"), known=Count("pk", filter=Q(cost_estimate__isnull=False))
    )
    expected = before["expected"] if before["known"] else None
    return Cost(spent.usd, expected, spent.runs, spent.calls, spent.unpriced)
