"""Compare forks with their base: slots, values, proof, findings. Here or by a worker."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from simple_history.utils import bulk_update_with_history

from fleet.adoption.forks import Forks
from fleet.adoption.linting import Linter, linter
from fleet.adoption.models import BaseChoice, ForkFile, Unforking, UnforkStage
from fleet.adoption.planning import Plan, plan
from fleet.adoption.proof import template_of
from registry.transitions import move

COMPARE_KIND = "compare_forks"
STEP = 25
"""Forks between two signs of life: about a second of linting."""

FOUND = ["values", "is_exact", "detail", "share", "findings"]
"""Fields of a fork that comparing fills in."""

SHAPE = ["base_text", "base_origin", "slots", "fence_removed"]
"""Fields of an un-fork that comparing fills in."""


def compare(unforking: Unforking, alive: Callable[[int], None] = lambda seen: None) -> Unforking:
    """Find base, slots and values, prove and lint each fork, and open it for decisions.

    `alive` is called with the number of forks done, every STEP. Nothing is written before the
    end, so a comparison that is cut short may be made again.
    """
    files = list(unforking.files.select_related("tenant"))
    texts = {file.name: file.text for file in files}
    base = unforking.base_text if unforking.base_choice == BaseChoice.GIVEN else None
    afresh = unforking.base_choice == BaseChoice.PROPOSED
    planned = plan(Forks(base, texts), unforking.prompt, afresh=afresh)
    _take(unforking, planned)
    rules = linter(
        unforking.prompt, template_of(unforking), list(texts.values()), unforking.target,
        fenced=planned.found.fence_removed,
    )  # fmt: skip
    reports = {row.name: row for row in planned.found.report}
    for number, file in enumerate(files, 1):
        row = reports[file.name]
        file.values, file.is_exact = planned.found.values[file.name], row.exact
        file.detail, file.share = row.detail, row.share_in_common
        file.findings = findings_of(file, rules)
        if number % STEP == 0:
            alive(number)
    return _open(unforking, files)


def findings_of(file: ForkFile, rules: Linter | None) -> list[dict[str, object]]:
    """What the policy says of the fork's values, where there is a policy."""
    if rules is None:
        return []
    segment = file.tenant.segment if file.tenant else file.facts.get("segment")
    locale = file.tenant.locale if file.tenant else file.facts.get("locale")
    return rules.findings(file.values, segment=segment, locale=locale)


def _take(unforking: Unforking, planned: Plan) -> None:
    found = planned.found
    unforking.base_text = found.base_text_with_slots
    unforking.base_origin = planned.origin
    unforking.slots = [slot.as_json() for slot in found.slots]
    unforking.fence_removed = found.fence_removed


@transaction.atomic
def _open(unforking: Unforking, files: list[ForkFile]) -> Unforking:
    bulk_update_with_history(files, ForkFile, FOUND, batch_size=200)
    unforking.seen, unforking.problem = len(files), ""
    unforking.save(update_fields=[*SHAPE, "seen", "problem"])
    return move(unforking, UnforkStage.OPEN, by=None)
