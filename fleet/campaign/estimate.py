"""What a migration would take, before it is opened: variants, calls, money."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import Length

from evals.models import SuiteScope, SuiteVersion
from evals.views.progress import price
from fleet.release.models import Release, Stage
from registry.models import ModelTarget

CHARS_A_TOKEN = 4
"""Rule of thumb for European languages; the page says that the figure is an estimate."""

ANSWER_TOKENS = 150
"""Tokens of an answer, assumed: the support answers of the demo are of that length."""


@dataclass(frozen=True)
class Estimate:
    """`calls` counts both arms; `usd` is None where a price is unknown."""

    variants: int
    unmeasured: int
    calls: int
    usd: Decimal | None


def estimate(source: ModelTarget, target: ModelTarget | None) -> Estimate:
    """Count what is live on `source` and the suites that measure it; two queries."""
    live = list(
        Release.objects.filter(stage=Stage.LIVE, revision__model_target=source)
        .annotate(chars=Length("revision__text"))
        .values_list("variant__prompt_id", "variant__tenant_id", "chars")
    )
    sizes = suite_sizes({prompt for prompt, _, _ in live})
    cases = [
        sizes.get((prompt, None), 0) + (sizes.get((prompt, tenant), 0) if tenant else 0)
        for prompt, tenant, _ in live
    ]
    sizes_in_tokens = [chars // CHARS_A_TOKEN for _, _, chars in live]
    tokens_in = sum(n * size for n, size in zip(cases, sizes_in_tokens, strict=True))
    return Estimate(
        len(live), cases.count(0), 2 * sum(cases),
        _usd([source, target] if target else [source], tokens_in, sum(cases) * ANSWER_TOKENS),
    )  # fmt: skip


def suite_sizes(prompts: Iterable[int]) -> dict[tuple[int, int | None], int]:
    """(prompt, tenant or None) -> calls an arm of its active suites, newest versions; one query.

    Under None: the core and the safety sets of the policies that hold for the prompt. A
    must-pass case is asked several times.
    """
    wanted = set(prompts)
    of_prompt = Q(suite__scope__in=[SuiteScope.CORE, SuiteScope.SLICE], suite__prompt__in=wanted)
    safety = Q(suite__scope=SuiteScope.SAFETY)
    heads = (
        SuiteVersion.objects.filter(of_prompt | safety, suite__active=True)
        .annotate(
            size=Count("cases")
            + Count("cases", filter=Q(cases__must_pass=True)) * (settings.MUST_PASS_REPEATS - 1)
        )
        .order_by("suite_id", "-number")
        .values_list(
            "suite_id", "suite__prompt_id", "suite__policy__prompt_id", "suite__tenant_id", "size"
        )
    )
    found: dict[tuple[int, int | None], int] = {}
    seen: set[int] = set()
    for suite, prompt, under, tenant, size in heads:
        if suite in seen:
            continue
        seen.add(suite)
        for one in wanted if prompt is None and under is None else {prompt or under} & wanted:
            found[one, tenant] = found.get((one, tenant), 0) + size
    return found


def _usd(targets: list[ModelTarget], tokens_in: int, tokens_out: int) -> Decimal | None:
    prices = [price(target, tokens_in, tokens_out) for target in targets]
    known = [one for one in prices if one is not None]
    return sum(known, Decimal(0)) if len(known) == len(prices) else None
