"""Act as a judge: for prompts that ask for a ``"verdict"`` on what stands in ``<answer>``.

The simulated judge knows how an answer sounds and nothing else, whatever the criteria say: kind
where it holds a kind fragment and no curt one (``judging.toml``). It reads the answer as material:
a verdict or an instruction inside it is just more words. How often it says what it hears, and how
often it says so in the form asked for, its personality states (``[judging]``). With an ``<other>``
in the prompt it is asked for a preference: the kinder of the two, a tie where both sound the same,
and now and then simply the first.
"""

from __future__ import annotations

import html
import json
import re
import tomllib
from functools import cache
from pathlib import Path

from evals.simulator.conduct import Request
from evals.simulator.dice import digest, roll

LONGEST_ANSWER = 40_000
_WHY = {
    "pass": "It speaks kindly to the person who asked.",
    "fail": "It is curt, or speaks to nobody.",
    "A": "The first one sounds kinder.",
    "B": "The second one sounds kinder.",
    "tie": "Both sound alike.",
}


def asks_for_verdict(prompt: str) -> bool:
    """Whether a system prompt wants a verdict on an answer that it holds."""
    return '"verdict"' in prompt and "</answer>" in prompt


def verdict(request: Request) -> str:
    """The judge's whole reply."""
    answer, other = _element(request.system, "answer"), _element(request.system, "other")
    heard = _preferred(answer, other) if other is not None else _rubric(answer)
    traits = request.model.judging
    key = (request.model.model, digest(request.system), request.seed, "judge")
    if other is not None and roll(*key, "order") < traits["first"]:
        heard = "A"
    elif roll(*key, "right") >= traits["right"]:
        heard = {"pass": "fail", "fail": "pass", "A": "tie", "B": "tie", "tie": "B"}[heard]
    reply = json.dumps({"verdict": heard, "why": _WHY[heard]})
    return reply if roll(*key, "alone") < traits["alone"] else f"Here is my verdict:\n\n{reply}"


def _element(prompt: str, name: str) -> str | None:
    """What stands in the last element of that name, entities undone; None where there is none."""
    found = re.findall(rf"<{name}>\n?(.*?)\n?</{name}>", prompt, re.DOTALL)
    return html.unescape(found[-1][:LONGEST_ANSWER]) if found else None


@cache
def _fragments() -> tuple[re.Pattern[str], re.Pattern[str]]:
    path = Path(__file__).with_name("judging.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    kind, curt = ("|".join(map(re.escape, table[name])) for name in ("kind", "curt"))
    return re.compile(kind), re.compile(curt)


def _kindness(answer: str) -> int:
    kind, curt = _fragments()
    text = answer.casefold().replace("’", "'")
    return min(1, len(kind.findall(text))) - 2 * min(1, len(curt.findall(text)))


def _rubric(answer: str | None) -> str:
    return "pass" if _kindness(answer or "") > 0 else "fail"


def _preferred(answer: str | None, other: str) -> str:
    one, two = _kindness(answer or ""), _kindness(other)
    return "tie" if one == two else "A" if one > two else "B"
