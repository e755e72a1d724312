"""Aliases are told from dated snapshots, and the dated ones are offered."""

from __future__ import annotations

import pytest

from registry.snapshots import KNOWN, is_dated, offers


@pytest.mark.parametrize(
    "name",
    [
        *KNOWN,
        "sim-aurora-2025-02-11",
        "claude-x@20250101",
        "own-7b@sha256:0123456789ab",
        "m-2024.08.06",
    ],
)  # fmt: skip
def test_dated_names_stand_for_one_model(name: str) -> None:
    assert is_dated(name)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o", "gpt-4", "gpt-4o-latest", "claude-3-opus-latest", "chatgpt-4o-latest", "o1", "",
        "latest", "gemini-1.5-pro", "llama-3.1-70b", "m-2024-08-06-latest", "gpt-3.5-turbo-16384",
        "own-4096",
    ],
)  # fmt: skip
def test_aliases_do_not(name: str) -> None:
    assert not is_dated(name)


def test_dated_names_of_an_alias_are_offered_newest_first() -> None:
    assert offers("gpt-4o") == ["gpt-4o-2024-11-20", "gpt-4o-2024-08-06", "gpt-4o-2024-05-13"]
    assert offers("gpt-4o-mini") == ["gpt-4o-mini-2024-07-18"]
    assert offers("claude-3-opus-latest") == ["claude-3-opus-20240229"]
    assert offers("sim-aurora", ["sim-aurora-2025-02-11"]) == ["sim-aurora-2025-02-11"]
    assert offers("nobody-knows") == [] == offers("latest")
