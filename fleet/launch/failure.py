"""How a start ends early: refused with a line for a person, or stopped by one."""

from __future__ import annotations


class CannotStart(Exception):
    """The product cannot start; the message names the problem and the remedy in one line."""


class Stop(BaseException):
    """Ctrl-C or SIGTERM reached a process that ends cleanly, wherever it happened to be."""
