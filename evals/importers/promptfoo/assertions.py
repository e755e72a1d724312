"""What an assertion of promptfoo becomes here, or why it cannot come in.

Meanings: promptfoo, site/docs/configuration/expected-outputs. `contains`, `equals`,
`starts-with` and `regex` heed capitals, the `i…` forms do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from evals.cases import expectation_problem
from evals.importers.cases import LeaveOut, number_of, plain
from evals.importers.documents import json_of
from evals.importers.parsed import UnusableFile

Expectation = dict[str, Any]


class Carried(list[Expectation]):
    """The expectations an assertion became; `changed` says how they differ from it."""

    def __init__(self, *expectations: Expectation, changed: str = "") -> None:
        super().__init__(expectations)
        self.changed = changed


Carry = Callable[[Mapping[str, Any]], Carried]


def carried(assertion: Mapping[str, Any], judge: str) -> Carried:
    """The expectations of one assertion. Raises LeaveOut with the reason."""
    kind = str(assertion.get("type", ""))
    if number_of(assertion.get("weight")) == 0:
        raise LeaveOut("its weight is 0: it is only reported, never decides")
    if kind in JUDGED:
        return _judged(kind, assertion, judge)
    carry = CARRIED.get(kind)
    if carry is None:
        raise LeaveOut(why_not(kind))
    found = carry(assertion)
    for expectation in found:
        if problem := expectation_problem(expectation):
            raise LeaveOut(problem)
    return found


def why_not(kind: str) -> str:
    """Why there is nothing here for that type of assertion."""
    plain_kind = kind.removeprefix("not-")
    for kinds, why in _REASONS:
        if plain_kind in kinds:
            return why
    if plain_kind.startswith(("trajectory:", "trace-")):
        return "it looks into a program's trace, and here an answer is scored"
    if plain_kind in CARRIED or plain_kind in JUDGED:
        return "no scorer here says the opposite of this"
    return f"nothing here is called {kind[:60]!r}" if kind else "it has no type"


_REASONS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"javascript"}), "it is JavaScript, which is not run"),
    (frozenset({"python"}), "it is Python, which is not run"),
    (frozenset({"ruby"}), "it is Ruby, which is not run"),
    (frozenset({"webhook"}), "it asks an address, and nothing is fetched"),
    (
        frozenset(
            {"context-faithfulness", "context-recall", "context-relevance", "answer-relevance",
             "conversation-relevance", "search-rubric", "agent-rubric", "select-best",
             "max-score", "pi", "classifier", "human"}
        ),
        "a model or a person grades it in a way that no judge here does",
    ),
    (frozenset({"perplexity", "perplexity-score"}), "it needs a model's inner probabilities"),
    (
        frozenset(
            {"is-valid-openai-tools-call", "is-valid-openai-function-call",
             "is-valid-function-call"}
        ),
        "it compares with the tools of a provider's settings, which are not carried over",
    ),
    (
        frozenset({"is-html", "contains-html", "is-xml", "contains-xml", "is-sql", "contains-sql"}),
        "there is no scorer for HTML, XML or SQL",
    ),
    (frozenset({"meteor", "gleu", "f-score"}), "there is no scorer of that measure"),
    (frozenset({"finish-reason", "guardrails", "skill-used"}), "there is no scorer for it"),
)  # fmt: skip

JUDGED = frozenset(
    {"llm-rubric", "g-eval", "factuality", "model-graded-factuality", "model-graded-closedqa",
     "model-graded-rubric"}
)  # fmt: skip


def _judged(kind: str, assertion: Mapping[str, Any], judge: str) -> Carried:
    if not judge:
        raise LeaveOut("a model grades it: name a judge of yours with --judge, or leave it")
    value = assertion.get("value")
    text = "\n".join(map(plain, value)) if isinstance(value, list) else plain(value)
    if not text.strip() or text.startswith("file://"):
        raise LeaveOut("what the judge is to look at is not a text in this file")
    if "factuality" in kind:
        return Carried({
            "scorer": "llm_judge", "judge": judge, "reference": text,
            "criteria": "The answer agrees in its facts with the ideal answer.",
        })  # fmt: skip
    return Carried({"scorer": "llm_judge", "judge": judge, "criteria": text})


def _text(assertion: Mapping[str, Any]) -> str:
    value = assertion.get("value")
    text = plain(value)
    if value is None or text == "":
        raise LeaveOut("it has no value to compare with")
    if text.startswith("file://"):
        raise LeaveOut(f"it compares with {text}, which is not a text in this file")
    return text


def _texts(assertion: Mapping[str, Any]) -> list[str]:
    value = assertion.get("value")
    found = value if isinstance(value, list) else plain(value).split(",")
    texts = [text for text in (plain(one) for one in found) if text.strip()]
    if not texts:
        raise LeaveOut("it has no values to compare with")
    return texts


def _words(scorer: str, case: bool, many: bool = True) -> Carry:
    def carry(assertion: Mapping[str, Any]) -> Carried:
        values = _texts(assertion) if many else [_text(assertion)]
        return Carried({"scorer": scorer, "values": values} | ({"case": True} if case else {}))

    return carry


def _equals(assertion: Mapping[str, Any]) -> Carried:
    if isinstance(assertion.get("value"), dict | list):
        return Carried({"scorer": "json_schema", "schema": {"const": assertion["value"]}})
    return Carried({"scorer": "exact", "value": _text(assertion), "case": True})


def _pattern(before: str, after: str, absent: bool) -> Carry:
    """A text as a pattern: whole answer, or its beginning."""

    def carry(assertion: Mapping[str, Any]) -> Carried:
        pattern = f"{before}{re.escape(_text(assertion))}{after}"
        found: Expectation = {"scorer": "regex", "pattern": pattern, "case": True}
        return Carried(found | ({"absent": True} if absent else {}))

    return carry


def _regex(absent: bool) -> Carry:
    def carry(assertion: Mapping[str, Any]) -> Carried:
        found: Expectation = {"scorer": "regex", "pattern": _text(assertion), "case": True}
        return Carried(found | ({"absent": True} if absent else {}))

    return carry


def _json(anywhere: bool) -> Carry:
    def carry(assertion: Mapping[str, Any]) -> Carried:
        schema, where = assertion.get("value"), {"anywhere": True} if anywhere else {}
        if isinstance(schema, str) and schema.startswith("file://"):
            raise LeaveOut(f"its schema is in {schema}, which could not be read")
        if isinstance(schema, str) and schema.strip():
            try:
                schema = json_of(schema, "its schema")
            except UnusableFile as error:
                raise LeaveOut(str(error)) from None
        if not schema:
            return Carried({"scorer": "json_valid", **where})
        return Carried({"scorer": "json_schema", "schema": schema, **where})

    return carry


def _limit(scorer: str, parameter: str) -> Carry:
    def carry(assertion: Mapping[str, Any]) -> Carried:
        limit = number_of(assertion.get("threshold", assertion.get("value")))
        if limit is None:
            raise LeaveOut("it has no threshold")
        return Carried({"scorer": scorer, parameter: limit})

    return carry


def _similar(scorer: str, default: float, measured: str) -> Carry:
    def carry(assertion: Mapping[str, Any]) -> Carried:
        least = number_of(assertion.get("threshold"))
        least = default if least is None else least
        if not 0 <= least <= 1:
            raise LeaveOut(f"its threshold {least} is not between 0 and 1")
        value = assertion.get("value")
        if isinstance(value, list) and len(value) != 1:
            raise LeaveOut("it has several ideal answers, and the scorer takes one")
        text = _text({"value": value[0] if isinstance(value, list) else value})
        return Carried({"scorer": scorer, "value": text, "at_least": least}, changed=measured)

    return carry


def _bleu(assertion: Mapping[str, Any]) -> Carried:
    least = number_of(assertion.get("threshold"))
    value = assertion.get("value")
    values = [plain(one) for one in value] if isinstance(value, list) else [_text(assertion)]
    return Carried({
        "scorer": "bleu", "values": values, "at_least": 0.5 if least is None else least
    })  # fmt: skip


def _levenshtein(assertion: Mapping[str, Any]) -> Carried:
    text, most = _text(assertion), number_of(assertion.get("threshold"))
    most = 5.0 if most is None else most
    least = round(1 - most / len(text), 3)
    if least <= 0:
        raise LeaveOut(f"{most:g} edits would change all of its {len(text)} characters")
    return Carried(
        {"scorer": "edit_similarity", "value": text, "at_least": least, "case": True},
        changed=f"at most {most:g} edits became a similarity of at least {least:g}",
    )


def _word_count(assertion: Mapping[str, Any]) -> Carried:
    value = assertion.get("value")
    limits = value if isinstance(value, dict) else {"min": value, "max": value}
    found: Expectation = {"scorer": "length"}
    for name, parameter in (("min", "min_words"), ("max", "max_words")):
        number = number_of(limits.get(name))
        if number is not None:
            found[parameter] = int(number)
    if len(found) == 1:
        raise LeaveOut("it has no number of words")
    return Carried(found)


def _tools(assertion: Mapping[str, Any]) -> Carried:
    least = number_of(assertion.get("threshold"))
    if least is not None and least < 1:
        raise LeaveOut("it lets some of the tools be missing, which no scorer here does")
    names = [name.strip() for name in _texts(assertion)]
    calls = [{"scorer": "tool_call", "tool": name} for name in names]
    return Carried(*calls, changed="tools beside those named may be called too")


def _moderation(assertion: Mapping[str, Any]) -> Carried:
    value = assertion.get("value")
    categories = [plain(one) for one in value] if isinstance(value, list) else []
    return Carried({"scorer": "moderation"} | ({"categories": categories} if categories else {}))


def _bare(scorer: str) -> Carry:
    return lambda assertion: Carried({"scorer": scorer})


CARRIED: Mapping[str, Carry] = {
    "equals": _equals,
    "not-equals": _pattern(r"\A\s{0,9}", r"\s{0,9}\Z", absent=True),
    "contains": _words("contains_all", case=True, many=False),
    "not-contains": _words("not_contains", case=True, many=False),
    "icontains": _words("contains_all", case=False, many=False),
    "not-icontains": _words("not_contains", case=False, many=False),
    "contains-all": _words("contains_all", case=True),
    "icontains-all": _words("contains_all", case=False),
    "contains-any": _words("contains_any", case=True),
    "icontains-any": _words("contains_any", case=False),
    "not-contains-any": _words("not_contains", case=True),
    "not-icontains-any": _words("not_contains", case=False),
    "starts-with": _words("starts_with", case=True, many=False),
    "not-starts-with": _pattern(r"\A\s{0,9}", "", absent=True),
    "regex": _regex(absent=False),
    "not-regex": _regex(absent=True),
    "is-json": _json(anywhere=False),
    "contains-json": _json(anywhere=True),
    "latency": _limit("latency", "max_ms"),
    "cost": _limit("cost", "max_usd"),
    "levenshtein": _levenshtein,
    "rouge-n": _similar(
        "rouge_l", 0.75, "ROUGE-N became ROUGE-L, which also wants the words in their order"
    ),
    "bleu": _bleu,
    "similar": _similar(
        "embedding_similarity", 0.75, "another embedding model measures it: look at its threshold"
    ),
    "is-refusal": _bare("refusal"),
    "not-is-refusal": _bare("non_refusal"),
    "word-count": _word_count,
    "tool-call-f1": _tools,
    "moderation": _moderation,
}

KNOWN = frozenset(
    {kind.removeprefix("not-") for kind in CARRIED}
    | JUDGED
    | {kind for kinds, _ in _REASONS for kind in kinds}
)
"""Types that promptfoo has; in a CSV any other text before a colon is part of the text."""
