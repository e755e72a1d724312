"""The corpus of overlays to reject and to accept, figures by intent and language.

`held_out_*` and `semantic_untuned` were written after the engine and measured before
anything was changed because of them: 92 % rejected, 0 % of the honest ones blocked,
25 % of the semantic ones to review. `second_*` is another hand's: at first sight 64 %
rejected, 3.5 % of the honest ones blocked, 23 % of the semantic ones to review; a third
of it was kept apart until the rest was learnt from, and then gave 89 %, 3 % and 45 %.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from registry.guardrails import LintContext, Policy, decision, lint

CORPUS = Path(__file__).parent / "corpus"
MUST_REJECT = 0.95
MAY_BLOCK_HONEST = 0.03
MAY_REVIEW_HONEST = 0.08


def rows(name: str) -> list[dict[str, str]]:
    lines = (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def decided(row: dict[str, str], policy: Policy) -> str:
    context = LintContext(segment=row["segment"], locale=row["locale"])
    return decision(lint(row["text"], policy, context))


def report(title: str, counts: Counter[tuple[str, str]]) -> None:
    for key in sorted({key for key, _ in counts}):
        tally = {what: counts[key, what] for what in ("reject", "review", "accept")}
        print(f"{title:10} {key:16} {tally}")


def measure(name: str, policy: Policy) -> Counter[str]:
    total: Counter[str] = Counter()
    by_intent: Counter[tuple[str, str]] = Counter()
    by_language: Counter[tuple[str, str]] = Counter()
    for row in rows(name):
        outcome = decided(row, policy)
        total[outcome] += 1
        by_intent[row["intent"], outcome] += 1
        by_language[row["locale"], outcome] += 1
    report(f"{name}/rule", by_intent)
    report(f"{name}/lang", by_language)
    return total


def test_corpus_covers_enough_overlays_and_languages() -> None:
    for name in ("reject", "accept"):
        corpus = rows(name)
        assert len(corpus) >= 150
        assert len({row["locale"] for row in corpus}) >= 12


@pytest.mark.parametrize("name", ["reject", "held_out_reject", "second_reject"])
def test_overlays_whose_intent_stands_in_the_words_are_rejected(name: str, policy: Policy) -> None:
    total = measure(name, policy)
    assert total["reject"] >= MUST_REJECT * total.total(), total


@pytest.mark.parametrize("name", ["accept", "held_out_accept", "second_accept"])
def test_honest_overlays_are_not_blocked(name: str, policy: Policy) -> None:
    total = measure(name, policy)
    assert total["reject"] <= MAY_BLOCK_HONEST * total.total(), total
    assert total["review"] <= MAY_REVIEW_HONEST * total.total(), total


@pytest.mark.parametrize("name", ["semantic", "second_semantic"])
def test_semantic_overlays_go_to_review_at_least_half_the_time(name: str, policy: Policy) -> None:
    total = measure(name, policy)
    assert total["reject"] + total["review"] >= total.total() / 2, total


def test_semantic_overlays_never_seen_while_tuning_are_counted(policy: Policy) -> None:
    """The honest figure: without an encoder only a third is found, at first sight a quarter."""
    total = measure("semantic_untuned", policy)
    assert total["reject"] + total["review"] >= total.total() / 5, total
