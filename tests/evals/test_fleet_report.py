"""The report over a fleet informs: who stands out, by Benjamini and Hochberg."""

from __future__ import annotations

import pytest

from evals.fleet_report import fleet_report
from evals.verdicts import UnusableInput


def test_rows_come_smallest_first_with_their_false_discovery_rate():
    """The worked example of adjusted p-values: p * n / rank, never smaller than a later one's."""
    report = fleet_report({"d": 0.6, "a": 0.01, "b": 0.04, "c": 0.03})
    assert [row.name for row in report.rows] == ["a", "c", "b", "d"]
    assert [row.q for row in report.rows] == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.6])
    assert report.said == "1 of 4 variants stands out of the fleet: a."


def test_a_lone_regression_stands_out_of_forty_seven():
    clean = {f"clean {n}": (n + 1) / 47 for n in range(46)}
    assert [r.name for r in fleet_report(clean | {"ill": 0.0004}).rows if r.stands_out] == ["ill"]


def test_nobody_stands_out_of_a_clean_fleet_or_of_none():
    assert "None of 2 variants" in fleet_report({"a": 0.5, "b": 0.9}).said
    assert fleet_report({}).rows == ()


def test_what_is_no_p_value_is_refused():
    with pytest.raises(UnusableInput, match="acme"):
        fleet_report({"acme": float("nan")})
