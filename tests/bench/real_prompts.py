"""What the guardrails say about real prompts that nobody wrote as overlays.

Run: python -m tests.bench.real_prompts FOLDER (of .jsonl files with "system" or "prompt").
Prints per file the share of prompts with any finding other than limits and placeholders,
the count by rule, and every sentence that is held for an override, to be read by eye.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from registry.guardrails import Finding, LintContext, lint, load_policy  # noqa: E402

POLICY = ROOT / "fleet/demo/data/policy/rules.json"
APART = frozenset({"limits", "variables"})  # written for other products: no wonder there


def prompts(path: Path) -> Iterator[tuple[str, str, str | None]]:
    """Name, text and locale of each prompt of a file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        name = str(row.get("id") or row.get("act") or number)
        yield name, str(row.get("system") or row.get("prompt") or ""), row.get("locale")


def main(folder: str) -> None:
    """Print shares, counts and the override hits of each file."""
    policy = load_policy(json.loads(POLICY.read_text(encoding="utf-8")))
    for path in sorted(Path(folder).glob("*.jsonl")):
        total = spoken_of = blocked = 0
        by_rule: Counter[str] = Counter()
        overrides: list[tuple[str, Finding]] = []
        for name, text, locale in prompts(path):
            found = [
                f for f in lint(text, policy, LintContext(locale=locale)) if f.rule not in APART
            ]
            total += 1
            spoken_of += bool(found)
            blocked += any(finding.severity == "block" for finding in found)
            by_rule.update({f"{finding.rule}/{finding.severity}" for finding in found})
            overrides += [(name, finding) for finding in found if finding.rule == "hierarchy"]
        shares = f"any {spoken_of / total:.0%}, block {blocked / total:.0%}"
        print(f"{path.name}: {total} prompts, {shares}")
        print("  ", ", ".join(f"{rule} {count}" for rule, count in by_rule.most_common()))
        for name, finding in overrides:
            print(f"   {finding.severity:6} {name[:24]:24} {finding.quote}")


if __name__ == "__main__":
    main(sys.argv[1])
