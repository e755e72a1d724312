"""How long one overlay takes: python -m tests.bench.bench_lint (or run the file).

Aim: 1,600 characters against the demo policy's rules in at most 5 ms, median, warm.
Processor time is measured, so that a busy machine does not change the figure.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from registry.guardrails import LintContext, lint, load_policy  # noqa: E402

POLICY = ROOT / "fleet/demo/data/policy/rules.json"
CORPUS = ROOT / "tests/registry/guardrails/corpus/accept.jsonl"
LENGTH = 1600


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


def main() -> None:
    """Print milliseconds per language, cold and median of ten, and the overall median."""
    policy = load_policy(json.loads(POLICY.read_text(encoding="utf-8")))
    medians = []
    for locale, text in overlays():
        times = []
        for _ in range(11):
            begun = time.process_time()
            lint(text, policy, LintContext(segment="health", locale=locale))
            times.append((time.process_time() - begun) * 1000)
        medians.append(statistics.median(times[1:]))
        print(f"{locale:4} cold {times[0]:7.1f} ms   median {medians[-1]:5.1f} ms")
    print(f"{len(policy.rules)} rules, median over languages {statistics.median(medians):.1f} ms")


if __name__ == "__main__":
    main()
