"""The table of kinds holds every kind that anything tells of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from fleet.notify.kinds import KINDS, groups, kind_of

ROOT = Path(__file__).resolve().parents[2] / "fleet"


def told_kinds() -> Iterator[str]:
    """The kind in each call of `tell` and its like, where it is written out."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("tell", "tell_of", "_tell_of"):
                yield from (
                    arg.value
                    for arg in node.args[1:3]
                    if isinstance(arg, ast.Constant) and "." in str(arg.value)
                )


def test_every_kind_that_is_told_is_in_the_table() -> None:
    told = set(told_kinds())
    assert len(told) > 1
    assert told - set(KINDS) == set()


def test_a_kind_of_which_nothing_is_known_has_words_and_can_be_muted() -> None:
    kind = kind_of("canary.held_up")
    assert (kind.label, kind.mutable, kind.chat) == ("Canary: held up", True, False)


def test_names_fit_their_column_and_groups_offer_only_what_can_be_muted() -> None:
    assert all(len(name) <= 40 for name in KINDS)
    assert all(kind.mutable for _, kinds in groups() for kind in kinds)
