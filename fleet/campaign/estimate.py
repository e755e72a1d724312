"""What a campaign would take, before it is started: variants, calls, money, time.

The rule is that of a single run (evals.budget): length and time of answers from the newest runs
of each model, or rules of thumb; here for many variants at once, without reading their texts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Func, IntegerField, Q

from evals import providers
from evals.budget import BYTES_A_TOKEN, habit_of, price
from evals.models import SuiteScope, SuiteVersion
from fleet.release.models import Release, Stage
from registry.models import ModelTarget


class Measured(NamedTuple):
    """One variant to be measured: whose suites, bytes of its composed text, old and new model."""

    prompt: int
    tenant: int | None
    size: int
    old: int
    new: int | None


@dataclass(frozen=True)
class Estimate:
    """`calls` counts both arms; `usd` is None where a price is unknown; `seconds` for all of it.

    `unmeasured` variants have no suite. `from_runs`: length and time of the answers come from
    earlier runs of the models, not from rules of thumb. Answers that are kept from earlier runs
    are not taken off: it is rather too much.
    """

    variants: int
    unmeasured: int
    calls: int
    usd: Decimal | None
    seconds: float = 0.0
    from_runs: bool = False


class Bytes(Func):
    """The length of a text column in bytes of UTF-8."""

    function = "octet_length"
    output_field = IntegerField()


def estimate(source: ModelTarget, target: ModelTarget | None) -> Estimate:
    """For everything that is live on `source`; without a target the old arm alone is priced."""
    rows = Release.objects.filter(stage=Stage.LIVE, revision__model_target=source).values_list(
        "variant__prompt_id", "variant__tenant_id", Bytes("revision__text")
    )
    new = target.pk if target else None
    return estimate_all(
        [Measured(prompt, tenant, size, source.pk, new) for prompt, tenant, size in rows]
    )


def estimate_all(rows: Iterable[Measured]) -> Estimate:
    """For these variants; so many queries a model and none a variant."""
    rows = list(rows)
    sizes = suite_sizes({row.prompt for row in rows})
    cases = [size_for(sizes, row.prompt, row.tenant) for row in rows]
    calls: Counter[int] = Counter()
    tokens: Counter[int] = Counter()
    for row, count in zip(rows, cases, strict=True):
        for model in (row.old, row.new):
            if model is not None:
                calls[model] += count
                tokens[model] += count * -(-row.size // BYTES_A_TOKEN)
    models = ModelTarget.objects.in_bulk(list(calls))
    prices, seconds, from_runs = [], defaultdict[str, float](float), True
    for pk, asked in calls.items():
        habit = habit_of(models[pk])
        prices.append(price(models[pk], tokens[pk], round(asked * habit.tokens)))
        provider = models[pk].provider
        seconds[provider] += providers.seconds_for(provider, asked, habit.seconds)
        from_runs = from_runs and habit.measured
    known = [one for one in prices if one is not None]
    return Estimate(
        len(rows), cases.count(0), 2 * sum(cases),
        sum(known, Decimal(0)) if len(known) == len(prices) else None,
        max(seconds.values(), default=0.0), from_runs and bool(calls),
    )  # fmt: skip


def size_for(sizes: Mapping[tuple[int, int | None], int], prompt: int, tenant: int | None) -> int:
    """What `suite_sizes` says for one variant: everybody's suites and its tenant's own."""
    own = sizes.get((prompt, tenant), 0) if tenant else 0
    return sizes.get((prompt, None), 0) + own


def suite_sizes(
    prompts: Iterable[int], *, repeats: int | None = None
) -> dict[tuple[int, int | None], int]:
    """(prompt, tenant or None) -> calls an arm of its active suites, newest versions; one query.

    Under None: the core and the safety sets of the policies that hold for the prompt. A
    must-pass case is asked `repeats` times, by default as the settings say; 1 counts cases.
    """
    wanted = set(prompts)
    more = (settings.MUST_PASS_REPEATS if repeats is None else repeats) - 1
    of_prompt = Q(suite__scope__in=[SuiteScope.CORE, SuiteScope.SLICE], suite__prompt__in=wanted)
    safety = Q(suite__scope=SuiteScope.SAFETY)
    heads = (
        SuiteVersion.objects.filter(of_prompt | safety, suite__active=True)
        .annotate(size=Count("cases") + Count("cases", filter=Q(cases__must_pass=True)) * more)
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
