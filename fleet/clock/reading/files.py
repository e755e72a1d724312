"""Which kind of file it is, and its rows."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from fleet.clock.reading import tables
from fleet.clock.reading.entries import Bad, Entry, Left, Reading, entry, sifted

LARGEST = 10_000_000
"""Bytes of a file: the largest published list of prices has four million."""

MOST_MODELS = 5_000
"""Models taken from one file: more than all providers have ever dated."""

KINDS = (
    "a price list of litellm (JSON)", "of genai-prices (JSON)", "of Langfuse (JSON)",
    "a file of models.dev (TOML)", "a table (CSV or Markdown)",
)  # fmt: skip
"""What can be read, in words."""

Row = tuple[str, str, Mapping[str, object]]
"""Name, place, and the arguments of `entry`."""


class Unreadable(ValueError):
    """The file as a whole cannot be read; the message says why."""


def read(data: bytes, name: str, *, provider: str = "") -> Reading:
    """A file's models; `provider` is whose they are where the list does not say it.

    Raises Unreadable.
    """
    text = _text(data, name)
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        kind, rows = _json(text, name)
    elif name.lower().endswith(".toml"):
        kind, rows = _toml(text, name)
    else:
        kind, rows = tables.rows(text)
    if not kind:
        raise Unreadable(f"{name} is none of the lists that can be read: {', '.join(KINDS)}.")
    return _gather(kind, rows, provider)


def _text(data: bytes, name: str) -> str:
    if len(data) > LARGEST:
        raise Unreadable(f"{name} has {len(data):,} bytes; {LARGEST:,} are the most.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(f"{name} is not UTF-8 (line {line}). Save it as UTF-8.") from None
    if "\0" in text:
        raise Unreadable(f"{name} holds NUL characters: it is no text.")
    if not text.strip():
        raise Unreadable(f"{name} is empty.")
    return text


def _gather(kind: str, rows: Iterator[Row], provider: str) -> Reading:
    entries: list[Entry] = []
    left: list[Left] = []
    for name, where, said in rows:
        try:
            if skip := said.get("skip"):
                raise Bad(str(skip))
            entries.append(entry(where, **{**said, "provider": said.get("provider") or provider}))
        except Bad as why:
            left.append(Left(name[:120], where, str(why)))
    if len(entries) > MOST_MODELS:
        raise Unreadable(f"It names {len(entries):,} models; {MOST_MODELS:,} are the most.")
    return sifted(kind, entries, left)


def _json(text: str, name: str) -> tuple[str, Iterator[Row]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(f"{name} is no JSON{where}.") from None
    for kind, fits, rows in _JSON_KINDS:
        if fits(found):
            return kind, rows(found)
    return "", iter(())


def _first(found: Any) -> Any:
    return found[0] if isinstance(found, list) and found else None


def _has(row: Any, *names: str) -> bool:
    return isinstance(row, dict) and all(name in row for name in names)


def _litellm(found: Any) -> Iterator[Row]:
    """Name -> facts; prices per token, a name may begin with the provider's."""
    for name, facts in found.items():
        if name == "sample_spec" or not isinstance(facts, dict):
            continue
        provider = str(facts.get("litellm_provider") or "")
        skip = "" if facts.get("mode") in ("chat", "responses", "completion", None) else (
            f"no chat model ({str(facts.get('mode'))[:40]})."
        )  # fmt: skip
        yield name, name[:80], {
            "provider": provider, "snapshot": name, "skip": skip,
            "context_window": facts.get("max_input_tokens") or None,
            "input_price": _a_million(facts.get("input_cost_per_token")),
            "output_price": _a_million(facts.get("output_cost_per_token")),
            "retires_on": facts.get("deprecation_date"), "source": facts.get("source"),
        }  # fmt: skip


def _a_million(value: object) -> object:
    """A price per token as one per million, exact where it is a number."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return Decimal(repr(value)) * 1_000_000
    return value


def _genai_prices(found: Any) -> Iterator[Row]:
    """Providers with their models; prices per million, or a list by date, of which the last."""
    for provider in found:
        if not isinstance(provider, dict) or not isinstance(provider.get("models"), list):
            continue
        for model in provider["models"]:
            if not isinstance(model, dict):
                continue
            prices = model.get("prices")
            if isinstance(prices, list):
                last = prices[-1] if prices else {}
                prices = last.get("prices") if isinstance(last, dict) else {}
            prices = prices if isinstance(prices, dict) else {}
            name = str(model.get("id", ""))
            yield name, f"{provider.get('id')}/{name}"[:80], {
                "provider": provider.get("id"), "snapshot": name,
                "context_window": model.get("context_window"),
                "input_price": _base(prices.get("input_mtok")),
                "output_price": _base(prices.get("output_mtok")),
            }  # fmt: skip


def _base(value: object) -> object:
    """The price of the first tokens where it rises with their number."""
    return value.get("base") if isinstance(value, dict) else value


def _langfuse(found: Any) -> Iterator[Row]:
    """Names without their maker: it is guessed from the vocabulary's, else unknown."""
    for model in found:
        if not isinstance(model, dict):
            continue
        tiers = model.get("pricingTiers")
        usual = next(
            (
                one
                for one in (tiers if isinstance(tiers, list) else [])
                if isinstance(one, dict) and one.get("isDefault")
            ),
            {},
        )
        prices = usual.get("prices")
        prices = prices if isinstance(prices, dict) else {}
        name = str(model.get("modelName", ""))
        maker = {"openai": "openai", "claude": "anthropic"}.get(str(model.get("tokenizerId")), "")
        yield name, name[:80], {
            "provider": maker, "snapshot": name,
            "input_price": _a_million(prices.get("input")),
            "output_price": _a_million(prices.get("output")),
        }  # fmt: skip


def _plain(found: Any) -> Iterator[Row]:
    """A list of objects whose fields are named as a table's columns."""
    for place, row in enumerate(found, start=1):
        if isinstance(row, dict):
            said = {str(name): value for name, value in row.items()}
            yield from tables.as_row(said, f"entry {place}")


_JSON_KINDS: tuple[tuple[str, Callable[[Any], bool], Callable[[Any], Iterator[Row]]], ...] = (
    ("a price list of genai-prices", lambda found: _has(_first(found), "id", "models"),
     _genai_prices),
    ("a price list of Langfuse", lambda found: _has(_first(found), "modelName"), _langfuse),
    ("a price list of litellm", lambda found: isinstance(found, dict) and any(
        _has(facts, "litellm_provider") for facts in found.values()), _litellm),
    ("a list of models (JSON)", lambda found: isinstance(_first(found), dict)
     and tables.names_models(_first(found)), _plain),
)  # fmt: skip


def _toml(text: str, name: str) -> tuple[str, Iterator[Row]]:
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Unreadable(f"{name} is no TOML: {error}.") from None
    return "a file of models.dev", iter([_models_dev(found, name)])


def _models_dev(found: Mapping[str, Any], name: str) -> Row:
    """One model a file. Its maker and id are in the file's name, as in the project's folders."""
    stem = name.replace("\\", "/").removesuffix(".toml")
    parts = [part for part in stem.replace("models_dev_", "").split("/") if part]
    maker, _, model = parts[-1].partition("_")
    if not model:
        maker, model = (parts[-3] if len(parts) > 2 else ""), parts[-1]
    cost, limit = found.get("cost"), found.get("limit")
    cost = cost if isinstance(cost, dict) else {}
    limit = limit if isinstance(limit, dict) else {}
    return str(found.get("name", model)), name[:80], {
        "provider": found.get("provider", maker), "snapshot": found.get("id", model),
        "context_window": limit.get("context"), "input_price": cost.get("input"),
        "output_price": cost.get("output"), "retires_on": found.get("retirement_date"),
    }  # fmt: skip
