"""Answers that are kept: what was asked before is not asked again.

An answer depends on the composed text, on what the case asks, on the model's snapshot and
parameters, and on the number of the repeat; never on how it is scored. So a run takes an
answer that any earlier run was given to the very same, and scores it itself.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from evals.cases import content_hash
from evals.models import Case, CaseResult, EvalRun, Outcome
from evals.parameters import in_effect
from evals.safety.canary import token_for
from registry.models import Revision


def keys_of(revision: Revision, parameters: Mapping[str, Any]) -> Callable[[Case, int], str]:
    """What gives the `answer_key` of a case and a repeat: hex SHA-256 of all it depends on."""
    target = revision.model_target
    names = sorted(variable["name"] for variable in revision.base_version.variables)
    shared = hashlib.sha256(
        json.dumps(
            [revision.sha256, names, target.provider, target.snapshot, in_effect(parameters)],
            sort_keys=True,
        ).encode()
    )

    def key(case: Case, repeat: int) -> str:
        mine = shared.copy()
        mine.update(f"|{hash_of(case)}|{token_of(case)}|{repeat}".encode())
        return mine.hexdigest()

    return key


def token_of(case: Case) -> str:
    """The secret that is planted in the prompt for this case, empty for most."""
    return token_for(case.expectations, hash_of(case))


def hash_of(case: Case) -> str:
    """What the model is asked; cases from before hashes were stored are hashed here."""
    return case.content_hash or content_hash(
        {"messages": case.messages, "variables": case.variables}
    )


def kept(run: EvalRun, keys: Collection[str]) -> dict[str, CaseResult]:
    """The newest answer that `run` may take for each key; one query where there is none.

    None where the run asks afresh. Answers older than ANSWERS_KEPT_DAYS are not taken, except
    those of the run that is run again.
    """
    if (run.afresh and not run.scores_only) or not any_kept(keys, [run]):
        return {}
    usable = Q(created_at__gte=_oldest(), taken_from__isnull=True)
    if run.again_of_id is not None:
        usable = Q(run=run.again_of_id) if run.scores_only else usable | Q(run=run.again_of_id)
    found = (
        CaseResult.objects.filter(
            usable, answer_key__in=list(keys), outcome__in=[Outcome.ANSWERED, Outcome.UNSCORED]
        )
        .exclude(answer_key="")
        .select_related("taken_from")
        .order_by("created_at", "pk")
    )
    return {row.answer_key: row.taken_from or row for row in found}


def any_kept(keys: Collection[str], runs: Collection[EvalRun]) -> bool:
    """Whether any of the keys has an answer that one of the runs may take.

    Mostly none has, and this is ten times cheaper than to look which.
    """
    again_of = [run.again_of_id for run in runs if run.again_of_id is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM evals_caseresult WHERE answer_key = ANY(%s) "
            "AND answer_key <> '' AND taken_from_id IS NULL AND created_at >= %s) "
            "OR EXISTS (SELECT FROM evals_caseresult WHERE run_id = ANY(%s::uuid[]))",
            [list(keys), _oldest(), again_of],
        )
        return bool(cursor.fetchone()[0])


def _oldest() -> dt.datetime:
    """Before this an answer is too old to be taken."""
    return timezone.now() - dt.timedelta(days=settings.ANSWERS_KEPT_DAYS)
