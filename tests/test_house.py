"""The house: which room may import which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "registry": {"registry"},
    "evals": {"evals", "registry"},
    "fleet": {"fleet", "evals", "registry"},
}
PURE = [
    "registry/compose.py",
    "registry/days.py",
    "registry/render.py",
    "registry/snapshots.py",
    "registry/border.py",
    "registry/diff",
    "registry/unfork",
    "registry/guardrails",
    "registry/slots",
    "registry/merging.py",
    "registry/tokens.py",
    "registry/client.py",
    "evals/gate.py",
    "evals/gate_checks",
    "evals/gate_document.py",
    "evals/fleet_report.py",
    "evals/preferences.py",
    "evals/paired_tests.py",
    "evals/resampling.py",
    "evals/verdicts.py",
    "evals/promises.py",
    "evals/scorers",
    "evals/simulator",
    "evals/case_changes.py",
    "evals/case_form.py",
    "evals/cases.py",
    "evals/model_client",
    "evals/parameters.py",
    "evals/provider_settings.py",
    "evals/runner/purse.py",
    "evals/expectations.py",
    "evals/exporters",
    "evals/importers",
    "fleet/launch/guard.py",
    "fleet/notify/kinds.py",
    "fleet/notify/pace.py",
    "fleet/adoption/reading",
    "fleet/authoring/merge.py",
    "fleet/campaign/burndown.py",
    "fleet/campaign/forecast.py",
    "fleet/campaign/needs.py",
    "fleet/campaign/times.py",
    "fleet/campaign/turns.py",
    "fleet/checking/candidates.py",
    "fleet/checking/checks.py",
    "fleet/checking/report.py",
    "fleet/blast/comparison.py",
    "fleet/blast/effects.py",
    "fleet/blast/default_clash.py",
    "fleet/blast/tally.py",
    "fleet/clock/steps.py",
    "fleet/feedback/rates.py",
    "fleet/folder/paths.py",
    "fleet/ledger/waiting.py",
    "fleet/folder/reading.py",
    "fleet/letter/languages.py",
    "fleet/letter/placeholders.py",
    "fleet/letter/refusals.py",
    "fleet/policy/rule_types.py",
    "fleet/posting.py",
    "fleet/release/traffic.py",
    "fleet/router/rules.py",
    "fleet/signoff/phrases",
    "fleet/stream/environ.py",
    "fleet/stream/events.py",
    "fleet/stream/listener.py",
    "fleet/clock/reading",
    "fleet/planning/waves.py",
    "fleet/webhook/addresses.py",
    "fleet/webhook/schedule.py",
    "fleet/webhook/signing.py",
    "fleet/window/opening.py",
    "fleet/window/words.py",
]


def _files(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


@pytest.mark.parametrize("app", MAY_IMPORT)
def test_an_app_imports_only_what_lies_below_it(app: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _files(app)
        for name in _imported(path)
        if name.split(".")[0] in MAY_IMPORT.keys() - MAY_IMPORT[app]
    ]
    assert wrong == []


@pytest.mark.parametrize("place", PURE)
def test_a_pure_module_imports_no_django(place: str) -> None:
    files = _files(place)
    assert files, f"{place} is gone: name its successor here"
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in _imported(path)
        if name.split(".")[0] in {"django", "celery"} or ".models" in name
    ]
    assert wrong == []


def test_the_sdk_imports_the_standard_library_only() -> None:
    import sys

    names = {name.split(".")[0] for name in _imported(ROOT / "registry/client.py")}
    assert names <= set(sys.stdlib_module_names)


def test_nothing_at_the_top_level_but_what_was_agreed() -> None:
    agreed = {
        "pyproject.toml", "README.md", "manage.py", "fleet", "registry", "evals", "templates",
        "static", "tests", "docs", "LICENSE", "requirements.lock", "requirements-dev.lock",
    }  # fmt: skip
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - agreed - {"staticfiles", "test-results"} == set()
