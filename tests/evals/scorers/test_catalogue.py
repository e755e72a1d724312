"""The catalogue and the handbook name every scorer, and every parameter a scorer reads."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from evals.judges.grading import GRADERS
from evals.scorers import ASKING, SCORERS, ExpectationError, check
from evals.scorers.catalogue import CATALOGUE, GROUPS
from evals.scorers.handbook import as_markdown

DOCUMENT = Path(__file__).parents[3] / "docs" / "scorers.md"
READ = re.compile(
    r"""expectation(?:\.get\(\s*|,\s*|\[)"([a-z_]+)\""""
    r"""|_param\(\s*expectation,\s*"([a-z_]+)\""""
)


def test_catalogue_lists_exactly_the_scorers_there_are():
    assert set(CATALOGUE) == set(SCORERS) | set(GRADERS)
    assert set(GRADERS) == ASKING


def test_handbook_on_disk_is_the_one_written_from_the_catalogue():
    assert DOCUMENT.read_text("utf-8") == as_markdown()


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_handbook_tells_range_and_failure_of_every_scorer(name: str):
    entry = CATALOGUE[name]
    section = DOCUMENT.read_text("utf-8").split(f"### `{name}`:")[1].split("###")[0]
    assert "Range: 0" in section and "Failure means: " + entry.failure in section
    assert entry.group in GROUPS


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_parameters_a_scorer_reads_are_in_the_catalogue(name: str):
    module = inspect.getmodule((SCORERS | dict(GRADERS))[name])
    assert module is not None
    read = {one or other for one, other in READ.findall(inspect.getsource(module))}
    described = {p.name for entry in CATALOGUE.values() for p in entry.parameters}
    assert read - {"scorer"} <= described


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_scorer_without_its_required_parameters_is_refused(name: str):
    if any(one.required for one in CATALOGUE[name].parameters):
        with pytest.raises(ExpectationError, match=name):
            check({"scorer": name})
    elif name != "length":
        check({"scorer": name})
