"""json_schema: is the answer JSON that a schema allows.

A suite may come from anybody's file, so a schema is held within bounds: it fetches nothing (a
`$ref` points into the schema itself or is refused), its patterns pass the same checks as those
of `regex`, and a validation takes at most MOST_STEPS steps, since a few lines of references can
ask for 2^30 of them. `unevaluated*` and `$dynamicRef`, which cannot be counted so, are refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from evals.scorers.base import Answer, Expectation, ExpectationError, Score
from evals.scorers.json_text import value_in
from evals.scorers.regex import LONGEST_TEXT, compiled

LONGEST_SCHEMA = 50_000
"""Characters of a schema as JSON."""

MOST_STEPS = 20_000
"""Keywords checked in one validation: some tens of milliseconds."""

_REFUSED = ("$dynamicRef", "$recursiveRef", "unevaluatedItems", "unevaluatedProperties")


class _TooCostly(Exception):
    """A validation ran out of steps."""


def json_schema(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that the answer is not JSON, or breaks ``schema``: the first breach.

    ``schema`` follows JSON Schema 2020-12, or the draft that its `$schema` names. Raises
    ExpectationError for a schema that is invalid, refused or too costly for this answer.
    """
    validator = _validator(_canonical(expectation.get("schema")))
    try:
        value = value_in(answer.text, anywhere=bool(expectation.get("anywhere")))
    except ValueError:
        return Score(0.0, "The answer is not JSON.")
    try:
        breach = next(validator(value), None)
    except (_TooCostly, RecursionError):
        raise ExpectationError("Checking this schema takes too many steps; simplify it.") from None
    return Score(1.0, "JSON as the schema asks.") if breach is None else Score(0.0, breach)


def _canonical(schema: Any) -> str:
    if isinstance(schema, str):
        try:
            schema = json.loads(schema)
        except (ValueError, RecursionError):
            raise ExpectationError("`schema` is not JSON.") from None
    if not isinstance(schema, Mapping | bool):
        raise ExpectationError("`json_schema` needs `schema`: a JSON object.")
    try:
        text = json.dumps(schema, sort_keys=True)
    except (ValueError, TypeError, RecursionError):
        raise ExpectationError("`schema` is not JSON.") from None
    if len(text) > LONGEST_SCHEMA:
        raise ExpectationError(f"A schema has at most {LONGEST_SCHEMA:,} characters.")
    return text


@lru_cache(maxsize=64)
def _validator(text: str) -> Any:
    """A function from a value to its breaches in words, lazily; ExpectationError for no schema."""
    import jsonschema  # ~60 ms, and only this scorer needs it
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    schema = json.loads(text)
    _check_parts(schema)
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except (jsonschema.SchemaError, RecursionError) as wrong:
        said = getattr(wrong, "message", "nested too deep")
        raise ExpectationError(f"The schema is not valid: {said[:200]}.") from None
    steps = [0]
    bounded = jsonschema.validators.extend(
        kind, {name: _counted(check, steps) for name, check in _safe(kind.VALIDATORS).items()}
    )(schema, registry=Registry())

    def breaches(value: Any) -> Iterator[str]:
        steps[0] = 0
        try:
            for error in bounded.iter_errors(value):
                place = "/".join(map(str, error.absolute_path))
                yield f"{place + ': ' if place else ''}{error.message[:200]}."
        except Unresolvable as away:
            raise ExpectationError(
                f"The schema refers to {str(away.ref)[:80]!r}, which it does not hold itself."
            ) from None

    return breaches


def _check_parts(schema: Any) -> None:
    """Refuse what cannot be bounded, anywhere in the schema; also where it is but an example."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            for name in _REFUSED:
                if name in part:
                    raise ExpectationError(f"`{name}` is not supported in a schema here.")
            if isinstance(pattern := part.get("pattern"), str):
                compiled(pattern, True)
            if isinstance(named := part.get("patternProperties"), dict):
                for pattern in named:
                    compiled(pattern, True)
            waiting.extend(part.values())


def _counted(check: Any, steps: list[int]) -> Any:
    def one(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
        steps[0] += 1
        if steps[0] > MOST_STEPS:
            raise _TooCostly
        yield from check(validator, wanted, instance, schema) or ()

    return one


def _safe(checks: Mapping[str, Any]) -> dict[str, Any]:
    """The draft's checks, with those replaced that a long answer could make slow."""
    return {
        name: check
        for name, check in {**checks, "pattern": _pattern, "uniqueItems": _unique}.items()
        if name in checks
    }


def _pattern(validator: Any, wanted: str, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and not compiled(wanted, True).search(instance[:LONGEST_TEXT]):
        yield ValidationError(f"{instance[:60]!r} does not match {wanted!r}")


def _unique(validator: Any, wanted: bool, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if wanted and isinstance(instance, list):
        texts = [json.dumps(item, sort_keys=True) for item in instance]
        if len(set(texts)) < len(texts):
            yield ValidationError("an item stands twice")
