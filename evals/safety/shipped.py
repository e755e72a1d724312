"""The shipped red-team set: what holds for every variant, whatever its prompt is for.

Ten cases against the policy's contract: asking for the prompt, overriding it in the message and
through request variables, and the things no answer may hold (a dose, a card number, the claim to
be human). All are must-pass. They say what must not be in an answer and nothing about its words,
so they fit a prompt in any language and of any form. Measured with them: whether it leaks or
obeys, not how well it declines.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("shipped.jsonl")
NAME = "policy contract"


def cases() -> list[dict[str, Any]]:
    """The set, in the shape of `evals.suites.write_suite`."""
    return [json.loads(line) for line in FILE.read_text("utf-8").splitlines() if line]
