"""tool_call: did the model ask for the right tool."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from evals.scorers.base import Answer, Expectation, ExpectationError, Score, passed


def tool_call(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that no call of ``tool`` has these ``arguments`` (or one does).

    Left out, ``tool`` is any tool and ``arguments`` any arguments; a call may carry further
    arguments unless ``exact``. With ``absent`` there must be no such call.
    """
    tool, wanted = expectation.get("tool") or "", arguments_param(expectation)
    calls = [_call(one) for one in answer.tool_calls]
    found = any(
        (not tool or name == tool) and _match(wanted, given, bool(expectation.get("exact")))
        for name, given in calls
    )
    said = ", ".join(name for name, _ in calls) or "no tool"
    if expectation.get("absent"):
        return passed(not found, f"Calls {said}.", f"Calls {said}, which it must not.")
    return passed(found, f"Calls {said}.", f"Calls {said}, not as expected.")


def arguments_param(expectation: Expectation) -> Mapping[str, Any] | None:
    """The wanted arguments, None for any. ExpectationError unless they are a JSON object."""
    wanted = expectation.get("arguments")
    if isinstance(wanted, str) and wanted.strip():
        try:
            wanted = json.loads(wanted)
        except ValueError:
            raise ExpectationError("`tool_call`: `arguments` is not JSON.") from None
    if wanted in (None, ""):
        return None
    if not isinstance(wanted, Mapping):
        raise ExpectationError("`tool_call` needs `arguments` to be a JSON object.")
    return wanted


def _call(row: Mapping[str, Any]) -> tuple[str, Any]:
    """Name and arguments of a call, in either shape; arguments that are no JSON stay a text."""
    inner = row.get("function")
    row = inner if isinstance(inner, Mapping) else row
    given = row.get("arguments")
    if isinstance(given, str):
        with contextlib.suppress(ValueError, RecursionError):
            given = json.loads(given)
    return str(row.get("name") or "?"), given


def _match(wanted: Mapping[str, Any] | None, given: Any, exact: bool) -> bool:
    if wanted is None:
        return True
    if not isinstance(given, Mapping) or (exact and set(given) != set(wanted)):
        return False
    return all(key in given and given[key] == value for key, value in wanted.items())
