"""What a model is asked for one case: the composed prompt, filled in, and the case's messages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from evals.judges.asking import asked_of_labelled
from evals.models import Case
from evals.safety import canary
from registry.render import render


def messages(
    text: str, names: Collection[str], case: Case, *, judge: bool = False
) -> tuple[dict[str, Any], ...]:
    """The messages for a case. `text` is the composed prompt, `names` its request variables.

    A case that expects `canary_absent` gets its token planted. With `judge` the prompt is one of
    kind judge and the case one of its labelled set: it is asked as in a run that it scores.
    """
    if judge:
        return asked_of_labelled(text, case.messages, case.variables)
    values = {name: str(case.variables.get(name, "")) for name in names}
    filled = render(canary.planted(text, token_of(case)), values)
    return ({"role": "system", "content": filled}, *case.messages)


def token_of(case: Case) -> str:
    """The token planted for a case, which its `Answer.canary` has to name; mostly empty."""
    return canary.token_for(case.expectations, case.content_hash or case.key)
