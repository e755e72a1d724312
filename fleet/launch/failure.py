"""The one way a start refuses: a line for a person, never a traceback."""

from __future__ import annotations


class CannotStart(Exception):
    """The product cannot start; the message names the problem and the remedy in one line."""
