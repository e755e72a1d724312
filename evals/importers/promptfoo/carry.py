"""A test of a config becomes a case, or several where a variable holds a list."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.importers.cases import Gatherer, LeaveOut, messages_of, number_of, plain, tags_of
from evals.importers.documents import json_of
from evals.importers.folder import Folder
from evals.importers.parsed import Options, Parsed, UnusableFile
from evals.importers.promptfoo.assertions import Expectation, carried
from evals.importers.promptfoo.files import BINARY, CODE, matches
from evals.importers.promptfoo.prompts import Prompt
from evals.importers.promptfoo.templates import deep, rendered, resolved
from evals.importers.promptfoo.tests import Test, document_of

MOST_PRODUCTS = 1_000
"""Cases that the lists of one test may multiply into."""

CODE_KINDS = {"javascript", "python", "ruby", "webhook"}

WHOLE_JSON = "JSON.parse(output)"
"""The one transform that leaves `is-json` what it was."""


@dataclass
class Config:
    """What holds for all tests of one config."""

    folder: Folder
    path: Path
    document: Mapping[str, Any]
    prompt: Prompt | None
    default: Mapping[str, Any]
    options: Options
    parsed: Parsed
    gatherer: Gatherer


def take(config: Config, tests: Iterator[Test]) -> None:
    """Add every test's cases; what does not come in is left out with its reason."""
    for place, test, beside in tests:
        try:
            _take_one(config, place, _merged(config.default, test), beside)
        except (LeaveOut, UnusableFile) as error:
            config.parsed.leave_out(place, str(error))


def _merged(default: Mapping[str, Any], test: Mapping[str, Any]) -> dict[str, Any]:
    """The test with what all tests have: variables under its own, assertions before its own."""
    both: dict[str, Any] = {**default, **test}
    for part in ("vars", "options", "metadata"):
        mine, all_have = test.get(part), default.get(part)
        if isinstance(all_have, dict) and isinstance(mine, dict | None):
            both[part] = {**all_have, **(mine or {})}
    settings = both.get("options")
    skips = isinstance(settings, dict) and settings.get("disableDefaultAsserts")
    both["assert"] = [*(() if skips else _list(default.get("assert"))), *_list(test.get("assert"))]
    return both


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _take_one(config: Config, place: str, test: Mapping[str, Any], beside: Path) -> None:
    settings = test.get("options") if isinstance(test.get("options"), dict) else {}
    assert isinstance(settings, dict)
    if settings.get("transformVars") or test.get("transformVars"):
        raise LeaveOut("its variables are changed by code (transformVars), which is not run")
    if test.get("providerOutput"):
        raise LeaveOut("it checks an answer written beforehand, and asks no model")
    values = _values(config, test.get("vars"), beside)
    sets = _product(values, expand=not settings.get("disableVarExpansion"))
    for number, variables in enumerate(sets, 1):
        where = f"{place} ({number} of {len(sets)})" if len(sets) > 1 else place
        try:
            _case(config, where, test, settings, resolved(variables), beside)
        except LeaveOut as error:
            config.parsed.leave_out(where, str(error))


def _values(config: Config, value: Any, beside: Path) -> dict[str, Any]:
    """The variables with files filled in. Raises UnusableFile and LeaveOut, naming the file."""
    if isinstance(value, str):
        found = [document_of(config.folder, one) for one in matches(config.folder, beside, value)]
        value = {
            name: one for each in found if isinstance(each, dict) for name, one in each.items()
        }
    if value is not None and not isinstance(value, dict):
        raise LeaveOut("its variables are not a list of names and values")
    return {
        str(name): _value(config, str(name), one, beside) for name, one in (value or {}).items()
    }


def _value(config: Config, name: str, value: Any, beside: Path) -> Any:
    if isinstance(value, list):
        return [_value(config, name, one, beside) for one in value]
    if not isinstance(value, str) or not value.startswith("file://"):
        return value
    plain_name = value.removeprefix("file://").partition("#")[0]
    ending = Path(plain_name.partition(":")[0]).suffix.lower()
    if ending in CODE:
        raise LeaveOut(f"its variable {name} is computed by {plain_name}, which is not run")
    if ending in BINARY:
        raise LeaveOut(f"its variable {name} is {plain_name}, which is no text")
    found = [_content(config, path) for path in matches(config.folder, beside, value)]
    return found if any(sign in value for sign in "*?") else found[0]


def _content(config: Config, path: Path) -> Any:
    if path.suffix.lower() in (".json", ".yaml", ".yml"):
        return document_of(config.folder, path)
    return config.folder.text(path)


def _product(values: Mapping[str, Any], *, expand: bool) -> list[dict[str, Any]]:
    """One set of variables for each combination of the lists among them."""
    lists = {name: one for name, one in values.items() if isinstance(one, list) and one and expand}
    total = math.prod(len(one) for one in lists.values())
    if total > MOST_PRODUCTS:
        raise LeaveOut(
            f"its lists multiply into {total:,} cases; at most {MOST_PRODUCTS:,} come in"
        )
    return [
        {**values, **dict(zip(lists, chosen, strict=True))}
        for chosen in itertools.product(*lists.values())
    ]


def _case(
    config: Config, place: str, test: Mapping[str, Any], settings: Mapping[str, Any],
    variables: Mapping[str, Any], beside: Path,
) -> None:  # fmt: skip
    assertions = _list(test.get("assert"))
    if not assertions:
        raise LeaveOut("it checks nothing (no assertion)")
    messages = _messages(config, variables, settings)
    before = len(config.parsed.left_out)
    expectations = list(_expectations(config, place, assertions, test, settings, variables, beside))
    if not expectations:
        missing = len(config.parsed.left_out) - before
        raise LeaveOut(f"none of its {missing} assertions could come in, so it would check nothing")
    threshold = number_of(test.get("threshold"))
    if threshold is not None:
        config.parsed.change(
            place, f"its threshold {threshold:g} is left out: here every check has to hold"
        )
    config.gatherer.add(
        place, key=_key(test, place),
        messages=messages, expectations=expectations,
        variables={name: plain(value) for name, value in variables.items()},
        tags=tags_of(test.get("metadata")),
    )  # fmt: skip


def _key(test: Mapping[str, Any], place: str) -> str:
    """What the test is called, or where it stands in its file."""
    described = plain(test.get("description")).strip()
    found = re.search(r"(?:scenario|test|line|item) \d.*", place)
    return described or (found[0] if found else place)


def _messages(
    config: Config, variables: Mapping[str, Any], settings: Mapping[str, Any]
) -> list[dict[str, str]]:
    """What is asked: the prompt filled in, or the variables where the prompt is not there."""
    if config.prompt is None:
        filled = {name: plain(value) for name, value in variables.items() if plain(value).strip()}
        if not filled:
            raise LeaveOut("it has neither a prompt that can be read nor a variable to ask")
        if len(filled) == 1:
            return [{"role": "user", "content": next(iter(filled.values()))}]
        lines = "\n".join(f"{name}: {value}" for name, value in filled.items())
        return [{"role": "user", "content": lines}]
    found = [
        {"role": one["role"], "content": rendered(one["content"], variables)}
        for one in config.prompt
    ]
    before, after = plain(settings.get("prefix")), plain(settings.get("suffix"))
    found[0]["content"] = rendered(before, variables) + found[0]["content"]
    found[-1]["content"] += rendered(after, variables)
    if not any(one["content"].strip() for one in found):
        raise LeaveOut("its question is empty")
    return _conversation(found)


def _conversation(found: list[dict[str, str]]) -> list[dict[str, str]]:
    """A prompt that comes out as a JSON list of messages is that conversation."""
    text = found[0]["content"].strip()
    if len(found) == 1 and text.startswith("[") and '"role"' in text:
        try:
            return messages_of(json_of(text, "its conversation"))
        except (LeaveOut, UnusableFile):
            return found
    return found


def _expectations(
    config: Config, place: str, assertions: Sequence[Any], test: Mapping[str, Any],
    settings: Mapping[str, Any], variables: Mapping[str, Any], beside: Path,
) -> Iterator[Expectation]:  # fmt: skip
    """What comes in of the assertions; each that does not is left out by itself."""
    whole = settings.get("transform") or settings.get("postprocess")
    for number, assertion in enumerate(assertions, 1):
        kind = assertion.get("type", "?") if isinstance(assertion, dict) else "?"
        where = f"{place}, assertion {number} ({kind})"
        try:
            assertion = _referred(config.document, assertion)
            kind = assertion.get("type")
            where = f"{place}, assertion {number} ({kind})"
            if kind == "assert-set":
                yield from _set(config, where, assertion, test, settings, variables, beside)
                continue
            if kind not in CODE_KINDS:
                _refuse_transformed(kind, assertion.get("transform"), whole)
            ready = _filled(config, assertion, variables, beside)
            found = carried(ready, config.options.judge)
        except (LeaveOut, UnusableFile) as error:
            config.parsed.leave_out(where, str(error))
            continue
        if found.changed:
            config.parsed.change(where, found.changed)
        yield from found


def _set(
    config: Config, where: str, assertion: Mapping[str, Any], test: Mapping[str, Any],
    settings: Mapping[str, Any], variables: Mapping[str, Any], beside: Path,
) -> Iterator[Expectation]:  # fmt: skip
    threshold = number_of(assertion.get("threshold"))
    if threshold is not None and threshold < 1:
        raise LeaveOut(f"{threshold:g} of its checks are enough, and here all have to hold")
    inner = [one for one in _list(assertion.get("assert")) if isinstance(one, dict)]
    if any(one.get("type") == "assert-set" for one in inner):
        raise LeaveOut("a set of assertions stands in another")
    yield from _expectations(config, where, inner, test, settings, variables, beside)


def _referred(document: Mapping[str, Any], assertion: Any) -> Mapping[str, Any]:
    """The assertion, or the template of the same file that it names with `$ref`."""
    if not isinstance(assertion, dict):
        raise LeaveOut("it is not an object with a type")
    reference = assertion.get("$ref")
    if reference is None:
        return assertion
    found: Any = document
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise LeaveOut(f"it refers to {str(reference)[:80]}, which is not in this file")
    for step in reference[2:].split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    if not isinstance(found, dict) or "$ref" in found:
        raise LeaveOut(f"it refers to {reference[:80]}, which is not in this file")
    return {**found, **{name: value for name, value in assertion.items() if name != "$ref"}}


def _refuse_transformed(kind: Any, own: Any, whole: Any) -> None:
    """Raise LeaveOut where code changes the answer before it is compared."""
    transform = own or whole
    if not transform:
        return
    if kind == "is-json" and str(transform).strip() == WHOLE_JSON:
        return
    raise LeaveOut(f"the answer is changed by code first ({str(transform)[:60]}), which is not run")


def _filled(
    config: Config, assertion: Mapping[str, Any], variables: Mapping[str, Any], beside: Path
) -> dict[str, Any]:
    """The assertion with its value's file read and its variables filled in."""
    value, kind = assertion.get("value"), str(assertion.get("type", "")).removeprefix("not-")
    if kind in CODE_KINDS:
        return dict(assertion)
    if isinstance(value, str) and value.startswith("file://"):
        plain_name = value.removeprefix("file://")
        if Path(plain_name.partition(":")[0]).suffix.lower() in CODE:
            raise LeaveOut(f"{plain_name} is code, which is not run")
        value = _content(config, matches(config.folder, beside, value)[0])
    return {**assertion, "value": deep(value, variables)}
