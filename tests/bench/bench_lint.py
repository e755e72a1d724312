"""How long one overlay takes: python -m tests.bench.bench_lint (or run the file).

Aim: 1,600 characters of sentences that are dense with rule words against the reference
policy's 22 rules (the demo's where that is not there) in at most 5 ms, median, in every
language. `new` is a text none of whose sentences was ever seen, `again` the same text
once more: what a person gets who types, and a dry run over tenants who say the same.
Processor time is measured, so that a busy machine changes the figure less.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from registry.guardrails import LintContext, Policy, lint, load_policy, warm  # noqa: E402
from registry.guardrails.sense import sense_of  # noqa: E402

REFERENCE = ROOT.parent / "shared/reference_policy.json"
POLICY = ROOT / "fleet/demo/data/policy/rules.json"
CORPUS = ROOT / "tests/registry/guardrails/corpus/accept.jsonl"
LENGTH = 1600
ROUNDS = 11


def overlays() -> list[tuple[str, str]]:
    """Honest sentences of each language, strung together to the full length."""
    by_locale: dict[str, list[str]] = {}
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        by_locale.setdefault(row["locale"], []).append(row["text"])
    return [
        (locale, (" ".join(texts) * (LENGTH // len(" ".join(texts)) + 1))[:LENGTH])
        for locale, texts in sorted(by_locale.items())
    ]


def median_ms(text: str, locale: str, policy: Policy, *, new: bool) -> float:
    """The middle of several rounds, in milliseconds of processor time."""
    times = []
    for _ in range(ROUNDS):
        if new:
            sense_of.cache_clear()
        begun = time.process_time()
        lint(text, policy, LintContext(segment="health", locale=locale))
        times.append((time.process_time() - begun) * 1000)
    return statistics.median(times)


def main() -> None:
    """Print both figures per language, and their medians and worst."""
    begun = time.process_time()
    warm().join()
    print(f"reading all lexicons once: {(time.process_time() - begun) * 1000:.0f} ms")
    path = REFERENCE if REFERENCE.is_file() else POLICY
    policy = load_policy(json.loads(path.read_text(encoding="utf-8")))
    figures = []
    for locale, text in overlays():
        lint(text, policy, LintContext(segment="health", locale=locale))
        new = median_ms(text, locale, policy, new=True)
        again = median_ms(text, locale, policy, new=False)
        figures.append((new, again))
        print(f"{locale:4} new {new:5.1f} ms   again {again:5.1f} ms")
    for name, column in zip(("new", "again"), zip(*figures, strict=True), strict=True):
        middle, worst = statistics.median(column), max(column)
        print(f"{len(policy.rules)} rules, {name}: median {middle:.1f} ms, worst {worst:.1f} ms")


if __name__ == "__main__":
    main()
