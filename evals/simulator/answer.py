"""Build a support answer from a message and the conduct decided for it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from evals.simulator.conduct import Conduct
from evals.simulator.language import language_of
from evals.simulator.phrasebook import Intent, Phrasebook, intent_of, phrasebook
from evals.simulator.reading import Article

KEEP, BODY, HABIT, EXTRA = 0, 1, 8, 9  # a length limit drops the highest number first
_ALWAYS_WHOLE = frozenset({"crisis", "human", "card"})


@dataclass(frozen=True)
class Part:
    """One sentence of an answer; ``rank`` says how soon a length limit drops it."""

    role: str
    rank: int
    text: str


def reply(message: str, conduct: Conduct) -> str:
    """The whole answer to a customer's message."""
    intent = intent_of(message)
    book = phrasebook(conduct.language)
    article = _best_article(message, conduct)
    parts = _shortened(_parts(intent, book, article, conduct), conduct)
    queue = _queue(intent, conduct)
    if "json" in conduct.reading.by_kind:
        return _as_json(_prose(parts, conduct, ""), intent, queue, article, book, conduct)
    return _prose(parts, conduct, f"Queue: {queue}" if queue else "")


def _parts(
    intent: Intent, book: Phrasebook, article: Article | None, conduct: Conduct
) -> list[Part]:
    say = book.furniture
    team = conduct.follows.get("handoff", {}).get("team", say["team"])
    parts = [Part("greeting", KEEP, _greeting(say, conduct))]
    if intent.refuses:
        style = "refusal_soft" if "refusal" in conduct.follows else "refusal_blunt"
        parts.append(Part("refusal", KEEP, say[style]))
    elif intent.name not in ("crisis", "card"):
        parts.append(Part("habit", HABIT, _habit(book, conduct)))
    for index, sentence in enumerate(book.bodies[intent.name]):
        rank = KEEP if intent.name in _ALWAYS_WHOLE else BODY + index
        parts.append(Part("body", rank, _reworded(sentence, conduct).replace("{team}", team)))
    if article:
        parts.append(Part("fact", KEEP, _fact(say, article, conduct)))
    if "length" in conduct.dropped:
        parts += [Part("extra", EXTRA, sentence) for sentence in book.extra]
    handoff = conduct.follows.get("handoff")
    if handoff and not handoff["on_request"] and intent.name != "human":
        parts.append(Part("handoff", KEEP, say["handoff"].replace("{team}", team)))
    if closing := _closing(say, conduct):
        parts.append(Part("closing", KEEP, closing))
    return parts


def _greeting(say: dict[str, str], conduct: Conduct) -> str:
    style = conduct.follows.get("tone", {}).get("style", "neutral")
    name = conduct.reading.customer
    greeting = say[f"greeting_{style}"]
    if name:
        return greeting.replace("{name}", name)
    return re.sub(r"[,]? ?\{name\}様?、?", "", greeting)


def _habit(book: Phrasebook, conduct: Conduct) -> str:
    asked = conduct.reading.last("forbidden")
    if asked is None:
        return book.habits[conduct.pick("habit", len(book.habits))]
    allowed = [
        habit
        for habit in book.habits
        if not any(phrase in habit.casefold() for phrase in asked.params["phrases"])
    ]
    slips = [habit for habit in book.habits if habit not in allowed]
    choices = allowed if "forbidden" in conduct.follows else slips
    return choices[conduct.pick("habit", len(choices))] if choices else ""


def _reworded(sentence: str, conduct: Conduct) -> str:
    for avoid, prefer in conduct.follows.get("terminology", {}).get("pairs", ()):
        wanted = re.compile(rf"\b{re.escape(avoid)}(s?)\b", re.IGNORECASE)
        sentence = wanted.sub(lambda found, word=prefer: word + found[1], sentence)  # type: ignore[misc]
    return sentence


def _best_article(message: str, conduct: Conduct) -> Article | None:
    said = set(re.findall(r"\w{4,}", message.casefold()))
    return max(
        conduct.reading.articles,
        key=lambda one: len(
            said & set(re.findall(r"\w{4,}", f"{one.title} {one.fact}".casefold()))
        ),
        default=None,
    )


def _fact(say: dict[str, str], article: Article, conduct: Conduct) -> str:
    fact = say["fact"].replace("{fact}", article.fact)
    if "citations" not in conduct.follows:
        return fact
    titled = conduct.follows["citations"]["with_title"]
    return f"{fact} [{article.id}: {article.title}]" if titled else f"{fact} [{article.id}]"


def _closing(say: dict[str, str], conduct: Conduct) -> str:
    if asked := conduct.follows.get("closing"):
        return str(asked["text"])
    last = conduct.reading.last("closing")
    return say["notice_paraphrase"] if last and not last.params["quoted"] else ""


def words_in(text: str) -> int:
    """Words as a length limit counts them; scripts without spaces count two characters a word."""
    if language_of(text) == "ja":
        return len(text) // 2
    return len(text.split())


def _shortened(parts: list[Part], conduct: Conduct) -> list[Part]:
    limit = conduct.follows.get("length", {}).get("words")
    queue_line = 2 if "routing" in conduct.reading.by_kind else 0
    while limit and sum(words_in(part.text) for part in parts) + queue_line > limit:
        last = max(parts, key=lambda part: part.rank)
        if last.rank == KEEP:
            break
        parts = [part for part in parts if part is not last]
    return [part for part in parts if part.text]


def _prose(parts: list[Part], conduct: Conduct, queue_line: str) -> str:
    def texts(*roles: str) -> list[str]:
        return [part.text for part in parts if part.role in roles]

    gap = "" if conduct.language == "ja" else " "
    body = texts("body")
    if "steps" in conduct.follows and len(body) > 1:
        middle = "\n".join(f"{number}. {text}" for number, text in enumerate(body, 1))
        middle = "\n\n".join(filter(None, [gap.join(texts("refusal", "habit")), middle]))
    else:
        middle = gap.join(texts("refusal", "habit", "body"))
    rest = [gap.join(texts("fact")), gap.join(texts("extra")), gap.join(texts("handoff"))]
    blocks = [*texts("greeting"), middle, *rest, *texts("closing"), queue_line]
    return "\n\n".join(filter(None, blocks))


def _queue(intent: Intent, conduct: Conduct) -> str:
    last = conduct.reading.last("routing")
    if last is None:
        return ""
    if "routing" not in conduct.follows or intent.queue not in last.params["queues"]:
        return "general"
    return intent.queue


def _as_json(
    text: str,
    intent: Intent,
    queue: str,
    article: Article | None,
    book: Phrasebook,
    conduct: Conduct,
) -> str:
    values = {
        "queue": queue,
        "category": intent.name,
        "answer": text,
        "handoff": intent.name in ("human", "crisis", "abuse") or intent.refuses,
        "sources": [article.id] if article and "citations" in conduct.follows else [],
        "language": conduct.language,
        "priority": "high" if intent.name in ("crisis", "abuse", "outage") else "normal",
    }
    asked = conduct.reading.last("json")
    keys = asked.params["keys"] if asked else ("queue", "answer")
    document = json.dumps({key: values.get(key, "") for key in keys}, ensure_ascii=False, indent=1)
    if "json" in conduct.follows:
        return document
    return f"{book.furniture['json_prelude']}\n\n```json\n{document}\n```"
