"""One running product carries all journeys; what is long begins first."""

from __future__ import annotations

from tests.live import ROOT
from tests.sharing import FIRST, TOGETHER, scope_of, turn_of


def test_journeys_share_a_process_and_so_does_each_file() -> None:
    a, b = "tests/journeys/test_ten_minutes.py::test_a", "tests/journeys/test_early.py::test_b"
    assert scope_of(a) == scope_of(b)
    assert scope_of("tests/x/test_a.py::test_1[a::b]") == scope_of("tests/x/test_a.py::test_2")
    assert scope_of("tests/x/test_a.py::test_1") != scope_of("tests/x/test_b.py::test_1")


def test_outages_do_not_run_beside_each_other() -> None:
    walk, outage = "tests/faults/test_board_walk.py::test_a", "tests/faults/test_outages.py::test_b"
    assert scope_of(walk) == scope_of(outage)


def test_the_addresses_are_walked_by_several() -> None:
    assert scope_of("tests/test_every_url.py::test_a") != scope_of(
        "tests/test_every_url.py::test_b"
    )


def test_the_journeys_begin_and_the_short_ones_end() -> None:
    walked = [
        "tests/x/test_a.py::a",
        "tests/faults/test_outages.py::a",
        "tests/journeys/test_a.py::a",
    ]
    assert sorted(walked, key=turn_of) == walked[::-1]


def test_every_place_named_is_there() -> None:
    assert [name for name in (*FIRST, *TOGETHER) if not (ROOT / name).exists()] == []
