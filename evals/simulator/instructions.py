"""Find the instructions one sentence of a system prompt gives.

Patterns, not understanding: what they do not recognise, the simulated models do not do. Each finder
takes one sentence and returns the parameters of the instruction, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from evals.simulator.language import NAMES

Params = dict[str, Any]

LONGEST_LINE = 4000  # characters of one line that are read; keeps hostile prompts cheap

_QUOTED = re.compile(r'"([^"\n]{1,200})"|“([^”\n]{1,200})”|„([^“”\n]{1,200})[“”]|«([^»\n]{1,200})»')
_SENTENCE = re.compile(
    r'(?:"[^"]{0,300}"|“[^”]{0,300}”|„[^“”]{0,300}[“”]|«[^»]{0,300}»|[^.!?。]|[.!?](?=\S))+[.!?。]*'
)
_EMPHASIS = re.compile(
    r"\b(?:always|every|each|must|never|only|whatever|immer|stets|jede[rnms]?|toujours|chaque"
    r"|siempre|cada|sempre|ogni|altijd|elke?|zawsze|każd\w*)\b|必ず|常に",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Instruction:
    """One thing the prompt asks for: its kind, its parameters and how it is put.

    ``position`` runs from 0 (start of the prompt) to 1 (its end).
    """

    kind: str
    params: Params = field(hash=False)
    emphatic: bool
    position: float = 0.0


def quoted(sentence: str) -> list[str]:
    """The strings in quotation marks, straight or typographic, in order."""
    return [next(filter(None, groups)).strip() for groups in _QUOTED.findall(sentence)]


def _finder(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(pattern, re.IGNORECASE).search


_routing = _finder(r"[\"“]Queue:[\"”].{0,80}?:\s*([a-z, ]+)")
_pairs = re.compile(
    r'\b(?:say|write|use) [“"]([^”"]+)[”"],? (?:not|never|instead of|rather than) [“"]([^”"]+)[”"]',
    re.IGNORECASE,
)
_banned = _finder(
    r"\b(?:never|do not|don't|avoid)\b.{0,40}\b(?:say|use|using|write|phrases?|words?)\b"
)
_language = _finder(
    r"\b(?:answer|reply|replies|write|respond|antworten?|réponds|répondez|responda|conteste"
    r"|rispond[ia]|antwoord|odpowiadaj)\b.{0,60}?\b(?:in|auf|en|po)(?: het)? (?P<name>"
    + "|".join(NAMES)
    + r")\b|(?P<ja>日本語で)"
)
_mirror = _finder(r"\blanguage (?:the customer|they) (?:writes?|uses?) in\b|customer's language")
_json = _finder(r"\bJSON\b")
_length = _finder(
    r"\b(?:at most|no more than|under|within|maximum|max\.?|up to|fewer than|below|höchstens|"
    r"maximal|au plus|máximo|al massimo|hoogstens|najwyżej) (?P<n>\d{2,3})"
    r" (?:words|Wörter|mots|palabras|parole|woorden|słów)"
)
_tone = _finder(r"\b(?:tone|voice|sound|greet|address)\b|\bTon\b")
_closing = _finder(
    r"\b(?:end|close|finish|sign off|schließen?|terminez?|termine|cierre|chiud[ia]|sluit|kończ)\b"
)
_described = _finder(
    r"\b(?:notice|reminder|disclaimer|Hinweis|avvertenza|aviso|mention)\b,? (?:that|dass|che|que)"
    r" (?P<text>[^.]{10,200})"
)
_declines = _finder(r"\b(?:declin\w+|refus\w+|say no|ablehn\w+|rechaz\w+|rifiut\w+)\b")
_softly = _finder(
    r"\b(?:sorry|gentl[ey]\w*|soft\w*|kind(?:ly)?|acknowledg\w*|empath\w*|understand\w*|sanft"
    r"|einfühlsam|Verständnis|douceur|empathie|empatía|amable\w*|desolad\w*|désol\w*|worr(?:y|ies))\b"
)
_handoff = _finder(
    r"\b(?:pass\w*|hand\w* over|connect\w*|transfer\w*)\b.{0,60}?\bto (?P<team>"
    r"(?:the |our |a )?[^.,;:\n]{3,60}?)(?=[.,;:\n]| when | if | in every| at the end|$)"
)
_on_request = _finder(r"\basks? (?:for|to)\b|\bon request\b|\bwants? to (?:speak|talk)\b")
_steps = _finder(
    r"\bnumbered (?:list|steps)|\bnummeriert|\bnumérot|\bpasos numerados|\bnumerat[io]|\bgenummerd"
    r"|\bnumerowan|番号付き"
)
_cites = _finder(
    r"\b(?:cite|quote|name|give|add|put|show|nennen?|citez|indiquez|cite|indique|indichi|noem|podaj)"
    r"\b.{0,60}?\b(?:sources?|articles?|article number|Quellen?|fuentes?|font[ei]|bron|źródło)\b"
)


def _find_routing(sentence: str) -> Params | None:
    found = _routing(sentence)
    return {"queues": tuple(re.findall("[a-z]+", found[1].lower()))} if found else None


def _find_terminology(sentence: str) -> Params | None:
    pairs = _pairs.findall(sentence)
    return {"pairs": tuple((avoid, prefer) for prefer, avoid in pairs)} if pairs else None


def _find_forbidden(sentence: str) -> Params | None:
    if _pairs.search(sentence) or not _banned(sentence):
        return None
    phrases = tuple(phrase.casefold().rstrip(".!") for phrase in quoted(sentence))
    return {"phrases": phrases} if phrases else None


def _find_language(sentence: str) -> Params | None:
    found = _language(sentence)
    if found:
        return {"code": NAMES[found["name"].lower()] if found["name"] else "ja"}
    return {"code": "customer"} if _mirror(sentence) else None


def _find_json(sentence: str) -> Params | None:
    return {"keys": tuple(quoted(sentence)) or ("queue", "answer")} if _json(sentence) else None


def _find_length(sentence: str) -> Params | None:
    found = _length(sentence)
    return {"words": int(found["n"])} if found else None


def _find_tone(sentence: str) -> Params | None:
    if not _tone(sentence):
        return None
    for style, words in _TONES:
        if words(sentence):
            return {"style": style}
    return None


_TONES = (
    ("formal", _finder(r"\b(?:formal\w*|courteous|förmlich|höflich)\b")),
    ("warm", _finder(r"\b(?:warm\w*|friendly|cheerful|upbeat|herzlich|freundlich)\b")),
    ("neutral", _finder(r"\b(?:plain|calm|neutral|sachlich|clear)\b")),
)


def _find_closing(sentence: str) -> Params | None:
    if _routing(sentence):
        return None
    if _closing(sentence) and (texts := quoted(sentence)):
        return {"text": texts[0], "quoted": True}
    if found := _described(sentence):
        said = found["text"].strip()
        return {"text": said[0].upper() + said[1:] + ".", "quoted": False}
    return None


def _find_refusal(sentence: str) -> Params | None:
    return {"style": "soft"} if _declines(sentence) and _softly(sentence) else None


def _find_handoff(sentence: str) -> Params | None:
    found = _handoff(sentence)
    if not found:
        return None
    team = found["team"].strip(" \"“”„«»'")
    return {"team": team, "on_request": bool(_on_request(sentence))}


def _find_steps(sentence: str) -> Params | None:
    return {} if _steps(sentence) else None


def _find_citations(sentence: str) -> Params | None:
    if not _cites(sentence):
        return None
    return {"with_title": "title" in sentence.lower()}


FINDERS: dict[str, Callable[[str], Params | None]] = {
    "routing": _find_routing,
    "terminology": _find_terminology,
    "forbidden": _find_forbidden,
    "language": _find_language,
    "json": _find_json,
    "length": _find_length,
    "tone": _find_tone,
    "closing": _find_closing,
    "refusal": _find_refusal,
    "handoff": _find_handoff,
    "steps": _find_steps,
    "citations": _find_citations,
}


@lru_cache(maxsize=8192)
def instructions_in(line: str) -> tuple[tuple[int, Instruction], ...]:
    """Every instruction in one line of a prompt, with the offset of its sentence.

    Cached by line: prompts of a fleet share most of their lines.
    """
    return tuple(
        (match.start(), Instruction(kind, params, bool(_EMPHASIS.search(match[0]))))
        for match in _SENTENCE.finditer(line[:LONGEST_LINE])
        for kind, find in FINDERS.items()
        if (params := find(match[0])) is not None
    )
