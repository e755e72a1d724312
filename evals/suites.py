"""Which suites measure a variant, and how a new version of one is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from evals.models import Case, Suite, SuiteScope, SuiteVersion
from evals.scorers import Answer, ExpectationError, score
from registry import events
from registry.models import Prompt, Tenant, User, Variant
from registry.roles import require

CORE = "core"
SLICE = "slice"


class UnusableCase(ValueError):
    """A case lacks what it needs; the message names the case and the field."""


def suite_versions_for(variant: Variant) -> list[SuiteVersion]:
    """The newest version of each suite that applies: the prompt's core, the tenant's slice."""
    own = Suite.objects.filter(
        Q(tenant__isnull=True) | Q(tenant__isnull=False, tenant=variant.tenant),
        prompt=variant.prompt_id,
    )
    heads = SuiteVersion.objects.filter(suite__in=own).order_by("suite_id", "-number")
    return list(heads.distinct("suite_id").select_related("suite"))


def combined_hash(versions: Sequence[SuiteVersion]) -> str:
    """One hash over several suite versions, whatever their order."""
    joined = ",".join(sorted(version.eval_hash for version in versions))
    return hashlib.sha256(joined.encode()).hexdigest()


def eval_hash(cases: Sequence[Mapping[str, Any]]) -> str:
    """Hex SHA-256 of the cases' canonical JSON, in their order."""
    text = json.dumps(cases, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def clean_case(row: Mapping[str, Any], position: int) -> dict[str, Any]:
    """A case with every field of the shape and nothing else; UnusableCase says what lacks."""
    key = str(row.get("key") or f"case-{position + 1}")
    messages = row.get("messages")
    if not isinstance(messages, list) or not messages:
        raise UnusableCase(f"Case {key} has no messages.")
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise UnusableCase(f"Case {key} has a message without text content.")
    expectations = list(row.get("expectations") or [])
    for expectation in expectations:
        _check_expectation(key, expectation)
    return {
        "key": key,
        "messages": [{"role": m.get("role", "user"), "content": m["content"]} for m in messages],
        "variables": dict(row.get("variables") or {}),
        "tags": [str(tag) for tag in row.get("tags") or []],
        "must_pass": bool(row.get("must_pass", False)),
        "weight": float(row.get("weight", 1)),
        "expectations": expectations,
    }


def _check_expectation(key: str, expectation: Any) -> None:
    """Refuse what could never be scored, before it is frozen into a suite."""
    try:
        score(expectation, Answer(text=""))
    except (ExpectationError, AttributeError) as error:
        raise UnusableCase(f"Case {key}: {error}") from None


@transaction.atomic
def write_suite(
    *,
    prompt: Prompt,
    cases: Sequence[Mapping[str, Any]],
    by: User,
    tenant: Tenant | None = None,
    name: str = "",
    note: str = "",
) -> SuiteVersion:
    """Append a suite version; the same cases again give the version there is."""
    require(by, "run_evals", tenant)
    clean = [clean_case(row, position) for position, row in enumerate(cases)]
    if not clean:
        raise UnusableCase("A suite needs at least one case.")
    suite, _ = Suite.objects.get_or_create(
        prompt=prompt, tenant=tenant, name=name or (SLICE if tenant else CORE),
        defaults={"scope": SuiteScope.SLICE if tenant else SuiteScope.CORE},
    )  # fmt: skip
    suite = Suite.objects.select_for_update(of=("self",), no_key=True).get(pk=suite.pk)
    head = suite.versions.first()
    digest = eval_hash(clean)
    if head is not None and head.eval_hash == digest:
        return head
    version = SuiteVersion.objects.create(
        suite=suite, number=head.number + 1 if head else 1, eval_hash=digest, author=by, note=note
    )
    Case.objects.bulk_create(
        [Case(suite_version=version, position=n, **row) for n, row in enumerate(clean)]
    )
    events.record("suite.written", version, by, note, cases=len(clean))
    return version
