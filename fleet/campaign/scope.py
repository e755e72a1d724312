"""What every reader of campaigns and tracks fetches along: the versions' names, not their texts."""

from __future__ import annotations

NAMES = ("source", "target", "base_version__base__prompt", "policy_version__policy")
"""What a campaign is called by, to be fetched with it."""

TEXTS = (
    "base_version__text", "base_version__slots", "base_version__variables",
    "policy_version__text", "policy_version__rules",
)  # fmt: skip
"""The long columns behind those names, which no list shows."""

WORDS = (
    "revision__text", "revision__segments", "baseline__text", "baseline__segments",
    "run__verdict__decision",
)  # fmt: skip
"""The long columns of tracks with their revisions and verdicts, which no act on many reads."""


def of(relation: str, columns: tuple[str, ...] = NAMES) -> tuple[str, ...]:
    """The columns as seen from a row that has the campaign under `relation`."""
    return tuple(f"{relation}__{column}" for column in columns)
