"""What each scorer is called, what it needs and what its failure means, as data.

Forms, exporters and docs/scorers.md are made from this; the scorers themselves do not read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ParameterType = Literal["text", "texts", "whole", "number", "yes_no", "choice", "json"]
Group = Literal["words", "form", "meaning", "conduct", "effort", "judged"]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a scorer: its key in the expectation, and the form field to type it in.

    `texts` is a list of texts (one a line on screen), `whole` an integer, `json` any JSON value,
    `choice` one of `choices`. `default` is what holds where the parameter is left out.
    """

    name: str
    label: str
    type: ParameterType
    required: bool = False
    help: str = ""
    default: Any = None
    choices: tuple[str, ...] = ()
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True)
class Entry:
    """One scorer as people choose it. `asking`: it calls a model or another service."""

    name: str
    label: str
    group: Group
    range: str
    failure: str
    parameters: tuple[Parameter, ...] = ()
    asking: bool = False
    note: str = ""

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, None where there is none."""
        return next((one for one in self.parameters if one.name == name), None)


GROUPS: Mapping[Group, str] = {
    "words": "Words",
    "form": "Form",
    "meaning": "Closeness to an ideal answer",
    "conduct": "Conduct and safety",
    "effort": "Time, cost and tools",
    "judged": "Judged by a model",
}

_CASE = Parameter("case", "Capitals matter", "yes_no", default=False)
_VALUES = Parameter("values", "Texts", "texts", required=True, help="One a line.")
_IDEAL = Parameter("value", "Ideal answer", "text", required=True)
_ANYWHERE = Parameter(
    "anywhere", "Text around the JSON is fine", "yes_no", default=False,
    help="The first JSON object or list in the answer counts, in a code fence or not.",
)  # fmt: skip
_CRITERIA = Parameter(
    "criteria", "What a good answer does", "text", required=True, help="In plain sentences."
)
_JUDGE = Parameter(
    "judge", "Judge", "text", required=True, help="The name of a prompt of kind judge."
)
_REPEATS = Parameter(
    "repeats", "Times to ask", "whole", default=1, lowest=1, highest=9,
    help="Odd. The majority decides; no majority is unstable, which is neither pass nor fail.",
)  # fmt: skip
_REFERENCE = Parameter("reference", "Ideal answer", "text", help="For the judge to compare with.")


def _at_least(default: float, label: str = "Similar at least") -> Parameter:
    return Parameter(
        "at_least", label, "number", default=default, lowest=0, highest=1,
        help="0 to 1. This similarity scores 0.5, which just passes.",
    )  # fmt: skip


_ENTRIES = (
    Entry(
        "exact", "Is exactly", "words", "0 or 1",
        "The answer is not that text, blanks at both ends aside.",
        (Parameter("value", "Text", "text", required=True), _CASE),
    ),
    Entry(
        "starts_with", "Starts with", "words", "0 or 1",
        "The answer opens with none of the texts.", (_VALUES, _CASE),
    ),
    Entry(
        "contains_all", "Says all of", "words", "0 to 0.49, or 1",
        "Something the answer had to say is missing; the score is the share found.",
        (_VALUES, _CASE),
    ),
    Entry(
        "contains_any", "Says one of", "words", "0 or 1",
        "None of the texts occurs.", (_VALUES, _CASE),
    ),
    Entry(
        "not_contains", "Says none of", "words", "0 or 1",
        "One of the texts occurs, exactly as written.", (_VALUES, _CASE),
    ),
    Entry(
        "forbidden_absent", "Uses no forbidden phrase", "words", "0 or 1",
        "A forbidden phrase occurs as words of its own, even with other blanks, dashes, invisible "
        "or look-alike letters in it.",
        (Parameter("values", "Forbidden phrases", "texts", required=True, help="One a line."),),
    ),
    Entry(
        "regex", "Matches a pattern", "words", "0 or 1",
        "The pattern is not found in the first 4,000 characters (or is, where it must not be).",
        (
            Parameter(
                "pattern", "Pattern", "text", required=True,
                help="A regular expression of at most 300 characters; costly ones are refused.",
            ),
            Parameter("absent", "Must not match", "yes_no", default=False),
            _CASE,
        ),
    ),
    Entry(
        "label", "Gives the right label", "words", "0 or 1",
        "The answer names another label, several, or none.",
        (
            Parameter("value", "Right label", "text", required=True),
            Parameter("labels", "All labels", "texts", help="One a line, the right one too."),
            Parameter(
                "field", "JSON field", "text",
                help="Where the answer is JSON: the field that holds the label.",
            ),
        ),
    ),
    Entry(
        "length", "Is of that length", "form", "0 or 1",
        "More or fewer words or characters than allowed. Words are split at blanks: limit "
        "characters for Japanese, Chinese or Thai.",
        (
            Parameter("max_words", "Words at most", "whole", lowest=1),
            Parameter("min_words", "Words at least", "whole", lowest=0),
            Parameter("max_chars", "Characters at most", "whole", lowest=1),
        ),
        note="At least one of the three.",
    ),
    Entry(
        "language", "Is written in", "form", "0 or 1",
        "The answer is in another language, or has too few words (under eight) to tell.",
        (
            Parameter(
                "value", "Language", "text", required=True, help="A code such as de, fr or ja."
            ),
        ),
    ),
    Entry(
        "json_valid", "Is JSON", "form", "0 or 1",
        "The answer is not one JSON value on its own, or lacks a key. A code fence or a sentence "
        "around it is a failure unless allowed: programs read this.",
        (Parameter("keys", "Keys it must have", "texts", help="One a line."), _ANYWHERE),
    ),
    Entry(
        "json_schema", "Is JSON of a schema", "form", "0 or 1",
        "The answer is not JSON, or breaks the schema; the first breach is named.",
        (
            Parameter(
                "schema", "JSON Schema", "json", required=True,
                help="References may only point into the schema itself; nothing is fetched.",
            ),
            _ANYWHERE,
        ),
    ),
    Entry(
        "citation_present", "Names its source", "form", "0 or 1",
        "No source in square brackets or as “(Source: …)”.",
        (Parameter("value", "The source must hold", "text", help="For example KB-120."),),
    ),
    Entry(
        "edit_similarity", "Nearly the same letters", "meaning", "0 to 1",
        "Too many letters differ from the ideal answer.",
        (_IDEAL, _at_least(0.8), _CASE),
    ),
    Entry(
        "rouge_l", "Same words in the same order (ROUGE-L)", "meaning", "0 to 1",
        "The longest common sequence of words is too short a part of both texts.",
        (_IDEAL, _at_least(0.5)),
    ),
    Entry(
        "bleu", "Same phrases (BLEU)", "meaning", "0 to 1",
        "Too few runs of one to four words are those of an ideal answer.",
        (
            Parameter("values", "Ideal answers", "texts", required=True, help="One a line."),
            _at_least(0.3),
        ),
    ),
    Entry(
        "embedding_similarity", "Means much the same", "meaning", "0 to 1",
        "The meaning of the answer is too far from the ideal answer's.",
        (_IDEAL, _at_least(0.7)),
        note="Needs the optional extra `semantic`.",
    ),
    Entry(
        "refusal", "Declines", "conduct", "0 or 1",
        "The answer did what it should have declined.",
    ),
    Entry(
        "non_refusal", "Does not decline", "conduct", "0 or 1",
        "The answer declined what it should have helped with.",
    ),
    Entry(
        "canary_absent", "Keeps its instructions to itself", "conduct", "0 or 1",
        "The answer gives away the secret token planted in the prompt for this case, spelled out, "
        "spaced, reversed, in ROT13, hex or base64.",
        note="The token is planted for such cases only; no served text ever holds it.",
    ),
    Entry(
        "moderation", "Passes moderation", "conduct", "0 to 1",
        "The moderation service flags the answer; the score is 1 less the highest risk.",
        (
            Parameter("categories", "Only these categories", "texts", help="One a line; else all."),
            Parameter(
                "at_most", "Risk at most", "number", lowest=0, highest=1,
                help="0 to 1. Left out: what the service itself flags.",
            ),
        ),
        asking=True,
        note="Where no service is configured the case stays unscored: neither pass nor fail.",
    ),
    Entry(
        "latency", "Answers in time", "effort", "0 or 1",
        "The answer took longer than allowed; waiting for a rate limit does not count.",
        (Parameter("max_ms", "Milliseconds at most", "number", required=True, lowest=1),),
    ),
    Entry(
        "cost", "Costs no more than", "effort", "0 or 1",
        "The call cost more than allowed, by the model's listed prices.",
        (Parameter("max_usd", "US dollars at most", "number", required=True, lowest=0),),
        note="A model without listed prices leaves the case unscored: neither pass nor fail.",
    ),
    Entry(
        "tool_call", "Calls the right tool", "effort", "0 or 1",
        "The tool was not called, or with other arguments (or was, where it must not be).",
        (
            Parameter("tool", "Tool", "text", help="Left out: any tool."),
            Parameter(
                "arguments", "Arguments", "json",
                help="A JSON object; the call may carry more than these.",
            ),
            Parameter("exact", "No other arguments", "yes_no", default=False),
            Parameter("absent", "Must not be called", "yes_no", default=False),
        ),
    ),
    Entry(
        "llm_judge", "A judge finds it good", "judged", "0 or 1",
        "The judge's majority says fail. A verdict that cannot be read, or no majority, leaves the "
        "case unscored.",
        (_JUDGE, _CRITERIA, _REFERENCE, _REPEATS),
        asking=True,
        note="Counts at the gate only once the judge is calibrated; until then it is reported.",
    ),
    Entry(
        "pairwise", "A judge likes it as well as the old", "judged", "0, 0.5 or 1",
        "The judge prefers the old answer, asked in both orders. A choice that follows the order "
        "is unstable and leaves the case unscored; a tie scores 0.5.",
        (_JUDGE, _CRITERIA, _REPEATS),
        asking=True,
        note="Needs the old answer: a run with a baseline.",
    ),
)  # fmt: skip

CATALOGUE: Mapping[str, Entry] = {entry.name: entry for entry in _ENTRIES}
