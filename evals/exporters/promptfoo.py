"""A suite as a promptfoo config. What promptfoo cannot say is left out and named.

Texts stand between `{% raw %}` marks where promptfoo would take them for templates. The prompt
under test is not in it: `system` may put a composed text before each question.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

Case = Mapping[str, Any]
Assertion = dict[str, Any]


@dataclass(frozen=True)
class Exported:
    """The config's text, and a line for each expectation that is not in it, or not exactly."""

    text: str
    left_out: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass
class _Losses:
    left_out: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def written(cases: Iterable[Case], *, title: str, system: str = "") -> Exported:
    """The config of these cases, one test each, in their order."""
    rows, losses = list(cases), _Losses()
    whole = any([m["role"] for m in case["messages"]] != ["user"] for case in rows)
    config = {
        "description": title,
        "prompts": [_prompt(system, whole)],
        "providers": ["echo"],
        "tests": [_test(case, whole, losses) for case in rows],
    }
    head = (
        "# Written by Prompt fleet. `echo` is a stand-in: name the models that are to answer.\n"
        + "".join(f"# Not here: {line}\n" for line in losses.left_out)
        + "".join(f"# Nearly: {line}\n" for line in losses.changed)
    )
    text = yaml.safe_dump(config, allow_unicode=True, sort_keys=False, width=100)
    return Exported(head + text, tuple(losses.left_out), tuple(losses.changed))


def _prompt(system: str, whole: bool) -> str:
    """The template of a question; whole conversations come as JSON in a variable."""
    if whole:
        return "{{ conversation }}"
    if not system:
        return "{{ question }}"
    return json.dumps(
        [{"role": "system", "content": literal(system)},
         {"role": "user", "content": "{{ question }}"}],
        ensure_ascii=False,
    )  # fmt: skip


def literal(text: str) -> str:
    """A text that promptfoo's templates leave as it is."""
    if not any(sign in text for sign in ("{{", "{%", "{#")):
        return text
    return "{% raw %}" + text.replace("{% endraw %}", "{% endraw %}{% raw %}") + "{% endraw %}"


def _literally(value: Any) -> Any:
    if isinstance(value, str):
        return literal(value)
    return [_literally(one) for one in value] if isinstance(value, list) else value


def _test(case: Case, whole: bool, losses: _Losses) -> dict[str, Any]:
    variables = {name: _literally(_scalar(value)) for name, value in case["variables"].items()}
    if whole:
        conversation = json.dumps(list(case["messages"]), ensure_ascii=False)
        asked = {"conversation": literal(conversation)}
    else:
        asked = {"question": literal(case["messages"][0]["content"])}
    assertions = []
    for expectation in case["expectations"]:
        assertions += _assertions(case["key"], expectation, losses)
    metadata = {"tags": list(case["tags"]), "must_pass": case["must_pass"]}
    return {
        "description": case["key"], "vars": {**variables, **asked}, "assert": assertions,
        "metadata": metadata | ({} if case["weight"] == 1 else {"weight": case["weight"]}),
    }  # fmt: skip


def _scalar(value: Any) -> Any:
    """A list would make promptfoo ask once for each of its items."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _assertions(key: str, expectation: Mapping[str, Any], losses: _Losses) -> list[Assertion]:
    scorer = str(expectation["scorer"])
    write = _WRITERS.get(scorer)
    if write is None:
        losses.left_out.append(f"{key}: promptfoo has nothing like {scorer}")
        return []
    if scorer in _NEARLY:
        losses.changed.append(f"{key}: {_NEARLY[scorer]}")
    return [_with_literals(one) for one in write(expectation)]


def _with_literals(assertion: Assertion) -> Assertion:
    if "value" not in assertion or assertion["type"] == "javascript":
        return assertion
    return {**assertion, "value": _literally(assertion["value"])}


Writer = Callable[[Mapping[str, Any]], list[Assertion]]


def _words(sensitive: str, insensitive: str) -> Writer:
    def write(expectation: Mapping[str, Any]) -> list[Assertion]:
        kind = sensitive if expectation.get("case") else insensitive
        return [{"type": kind, "value": list(expectation["values"])}]

    return write


def _exact(expectation: Mapping[str, Any]) -> list[Assertion]:
    value = str(expectation["value"])
    if expectation.get("case"):
        return [{"type": "equals", "value": value}]
    wanted = json.dumps(value.strip().lower())
    return [_code(f"output.trim().toLowerCase() === {wanted}")]


def _starts_with(expectation: Mapping[str, Any]) -> list[Assertion]:
    values, case = list(expectation["values"]), expectation.get("case")
    if case and len(values) == 1:
        return [{"type": "starts-with", "value": values[0]}]
    wanted = json.dumps(values if case else [value.lower() for value in values])
    text = "output.trimStart()" if case else "output.trimStart().toLowerCase()"
    return [_code(f"{wanted}.some((text) => {text}.startsWith(text))")]


def _regex(expectation: Mapping[str, Any]) -> list[Assertion]:
    absent = bool(expectation.get("absent"))
    if expectation.get("case"):
        kind = "not-regex" if absent else "regex"
        return [{"type": kind, "value": expectation["pattern"]}]
    pattern = json.dumps(expectation["pattern"])
    sign = "!" if absent else ""
    return [_code(f"{sign}new RegExp({pattern}, 'i').test(output)")]


def _length(expectation: Mapping[str, Any]) -> list[Assertion]:
    limits = {"min": expectation.get("min_words"), "max": expectation.get("max_words")}
    told = {name: limit for name, limit in limits.items() if limit is not None}
    found: list[Assertion] = [{"type": "word-count", "value": told}] if told else []
    if expectation.get("max_chars") is not None:
        found.append(_code(f"output.length <= {int(expectation['max_chars'])}"))
    return found


def _json(expectation: Mapping[str, Any]) -> list[Assertion]:
    kind = "contains-json" if expectation.get("anywhere") else "is-json"
    schema = expectation.get("schema")
    if expectation.get("keys"):
        schema = {"type": "object", "required": list(expectation["keys"])}
    return [{"type": kind} | ({} if schema is None else {"value": schema})]


def _similar(kind: str, default: float) -> Writer:
    def write(expectation: Mapping[str, Any]) -> list[Assertion]:
        value = expectation.get("value", expectation.get("values"))
        return [{"type": kind, "value": value, "threshold": expectation.get("at_least", default)}]

    return write


def _edits(expectation: Mapping[str, Any]) -> list[Assertion]:
    value = str(expectation["value"])
    most = round((1 - float(expectation.get("at_least", 0.8))) * len(value))
    return [{"type": "levenshtein", "value": value, "threshold": most}]


def _limit(kind: str, parameter: str) -> Writer:
    return lambda expectation: [{"type": kind, "threshold": expectation[parameter]}]


def _bare(kind: str) -> Writer:
    return lambda expectation: [{"type": kind}]


def _rubric(expectation: Mapping[str, Any]) -> list[Assertion]:
    text = str(expectation["criteria"])
    if expectation.get("reference"):
        text += f"\n\nIdeal answer: {expectation['reference']}"
    return [{"type": "llm-rubric", "value": text}]


def _moderation(expectation: Mapping[str, Any]) -> list[Assertion]:
    categories = expectation.get("categories")
    return [{"type": "moderation"} | ({"value": list(categories)} if categories else {})]


def _code(text: str) -> Assertion:
    return {"type": "javascript", "value": text}


_WRITERS: Mapping[str, Writer] = {
    "exact": _exact,
    "starts_with": _starts_with,
    "contains_all": _words("contains-all", "icontains-all"),
    "contains_any": _words("contains-any", "icontains-any"),
    "not_contains": _words("not-contains-any", "not-icontains-any"),
    "forbidden_absent": _words("not-icontains-any", "not-icontains-any"),
    "regex": _regex,
    "length": _length,
    "json_valid": _json,
    "json_schema": _json,
    "edit_similarity": _edits,
    "rouge_l": _similar("rouge-n", 0.5),
    "bleu": _similar("bleu", 0.3),
    "embedding_similarity": _similar("similar", 0.7),
    "refusal": _bare("is-refusal"),
    "non_refusal": _bare("not-is-refusal"),
    "latency": _limit("latency", "max_ms"),
    "cost": _limit("cost", "max_usd"),
    "moderation": _moderation,
    "llm_judge": _rubric,
}

_NEARLY: Mapping[str, str] = {
    "forbidden_absent": "look-alike letters and other dashes pass in promptfoo",
    "edit_similarity": "a similarity became a number of edits",
    "rouge_l": "ROUGE-L became ROUGE-N, which does not mind the order of words",
    "embedding_similarity": "another embedding model measures it",
    "llm_judge": "promptfoo's own grader judges it",
    "refusal": "promptfoo knows other phrases of refusal",
    "non_refusal": "promptfoo knows other phrases of refusal",
    "moderation": "another service moderates it",
}


def losses_in_words(exported: Exported) -> Sequence[str]:
    """What was left out or changed, one line each."""
    return (
        *(f"left out  {line}" for line in exported.left_out),
        *(f"changed   {line}" for line in exported.changed),
    )
