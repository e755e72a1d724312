"""Every file of the shared corpus of suites, read: counts in, counts out, none silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.importers.formats import FORMATS
from evals.importers.parsed import Options, Parsed

SUITES = Path(__file__).resolve().parents[4] / "shared/corpus/suites"

pytestmark = pytest.mark.skipif(not SUITES.is_dir(), reason="the shared corpus is not here")

COUNTS = {
    ("promptfoo", "getting-started"): (2, 1),
    ("promptfoo", "json-output"): (2, 3),
    ("promptfoo", "simple-csv"): (4, 1),
    ("openai-evals", "accounting_audit"): (30, 0),
    ("openai-evals", "allergen-information"): (0, 16),
    ("openai-evals", "match_banking77"): (10, 0),
    ("openai-evals", "date-booking"): (20, 0),
    ("openai-evals", "invoices"): (100, 0),
    ("openai-evals", "japanese-national-medical-exam01"): (15, 0),
    ("openai-evals", "japanese-number-reading"): (108, 0),
    ("openai-evals", "medication_dose"): (100, 0),
    ("openai-evals", "product_information_extraction_zero_shot"): (40, 0),
    ("openai-evals", "product_information_extraction_one_shot"): (0, 1),
    ("openai-evals", "russian_medical"): (5, 0),
    ("openai-evals", "shopping_discount_comparison"): (16, 0),
    ("openai-evals", "joke-fruits"): (0, 1),
    ("openai-evals", "joke-fruits-v2"): (0, 1),
    ("openai-evals", "joke-fruits-likert"): (0, 1),
    ("openai-evals", "joke-fruits-meta"): (0, 10),
    ("openai-evals", "joke-fruits-expl-meta"): (0, 10),
    ("openai-evals", "joke-fruits-ans-meta"): (0, 10),
    ("openai-evals", "diversity"): (0, 1),
    ("openai-evals", "best"): (0, 1),
    ("openai-evals", "us-tort-law"): (0, 1),
    ("openai-evals", "finance_calc"): (96, 0),
    ("openai-evals", "few_shot"): (0, 4),
    ("inspect", "bias_detection"): (100, 0),
    ("inspect", "popularity"): (100, 0),
    ("inspect", "test_dataset"): (10, 0),
    ("inspect", "test_samples-mcq"): (1, 0),
    ("inspect", "test_samples-md"): (1, 0),
    ("inspect", "test_samples"): (1, 0),
}
"""(format, suite): cases in, cases and assertions left out, of the corpus of November 2026."""


def read(kind: str) -> dict[tuple[str, str], Parsed]:
    folder = SUITES / kind.replace("-", "_")
    return {(kind, parsed.name): parsed for parsed in FORMATS[kind](folder, Options())}


@pytest.mark.parametrize("kind", ["promptfoo", "openai-evals", "inspect"])
def test_every_suite_of_the_corpus_comes_in_or_says_why_not(kind: str) -> None:
    found = read(kind)
    counts = {key: (len(one.cases), len(one.left_out)) for key, one in found.items()}
    assert counts.items() >= {k: n for k, n in COUNTS.items() if k[0] == kind}.items()
    for parsed in found.values():
        assert parsed.cases or parsed.left_out
        assert all(left.place and left.reason for left in parsed.left_out)


@pytest.mark.parametrize("kind", ["promptfoo", "openai-evals", "inspect"])
def test_every_file_of_the_corpus_is_read_by_itself_too(kind: str) -> None:
    folder = SUITES / kind.replace("-", "_")
    for path in sorted(folder.rglob("*.*")):
        found = FORMATS[kind](path, Options())
        rows = sum(bool(line.strip()) for line in path.read_text().splitlines())
        told = sum(len(one.cases) + len(one.left_out) for one in found)
        assert told >= (rows if path.suffix == ".jsonl" else 1), path


def test_missing_files_are_named() -> None:
    said = [
        left.reason
        for kind in ("promptfoo", "openai-evals")
        for one in read(kind).values()
        for left in one.left_out
    ]
    for name in ("prompts.txt", "product_ie_one_shot_samples.jsonl", "us_tort_law/samples.jsonl"):
        assert any(name in reason for reason in said), name


def test_the_class_of_a_registry_decides_the_scorer() -> None:
    found = read("openai-evals")
    first = {name: one.cases[0]["expectations"][0] for (_, name), one in found.items() if one.cases}
    assert first["medication_dose"]["scorer"] == "contains_any"  # Includes
    assert first["accounting_audit"] == {"scorer": "starts_with", "values": ["D"], "case": True}
