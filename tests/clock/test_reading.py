"""Lists of models as others publish them: what is read, and what is refused in words."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as search
from hypothesis import strategies as st

from fleet.clock.reading import LARGEST, Entry, Reading, Unreadable, files, read

SHARED = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "models"


def table(text: str, **more: str) -> Reading:
    return read(text.encode(), "list.csv", **more)


def only(reading: Reading) -> Entry:
    assert not reading.left
    (entry,) = reading.entries
    return entry


def test_table_is_read_by_its_headings_in_any_order() -> None:
    entry = only(
        table(
            "Source;Shutdown date;Model;Provider;Input price;Context window\n"
            "https://x;31.12.2026;gpt-4o-2024-05-13;OpenAI;$ 2.50;128,000\n"
        )
    )
    assert entry == Entry(
        "openai", "gpt-4o-2024-05-13", "line 2", 128_000, Decimal("2.5"), None,
        dt.date(2026, 12, 31), "https://x",
    )  # fmt: skip


def test_markdown_table_is_read_without_its_marks() -> None:
    page = (
        "# Deprecations\n\nSome words | with a bar.\n\n"
        "| Shutdown date | Model | Replacement |\n| --- | :-: | --- |\n"
        "| Feb 3, 2027 | **`gpt-4-0613`** | [gpt-4o](https://x) |\n"
    )
    entry = only(read(page.encode(), "page.md", provider="OpenAI"))
    assert (entry.provider, entry.snapshot) == ("openai", "gpt-4-0613")
    assert (entry.retires_on, entry.where) == (dt.date(2027, 2, 3), "line 7")


def test_litellm_prices_are_per_token_and_names_lose_their_providers() -> None:
    listed = {
        "sample_spec": {"litellm_provider": "one of", "deprecation_date": "the date when"},
        "azure/gpt-4o-2024-08-06": {
            "litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 2.5e-06,
            "max_input_tokens": 128000, "deprecation_date": "2027-03-01",
        },
        "text-embedding-ada-002": {"litellm_provider": "openai", "mode": "embedding"},
    }  # fmt: skip
    found = read(json.dumps(listed).encode(), "prices.json")
    (entry,) = found.entries
    assert (entry.provider, entry.snapshot) == ("azure", "gpt-4o-2024-08-06")
    assert (entry.input_price, entry.output_price) == (Decimal("2.5"), None)
    assert [left.name for left in found.left] == ["text-embedding-ada-002"]


def test_genai_prices_take_the_base_and_the_last_of_dated_prices() -> None:
    model = {"id": "gpt-4o-2024-08-06", "match": {"equals": "("}, "prices": [
        {"prices": {"input_mtok": 9}},
        {"prices": {"input_mtok": {"base": 2.5, "tiers": []}, "output_mtok": 10}},
    ]}  # fmt: skip
    entry = only(read(json.dumps([{"id": "openai", "models": [model]}]).encode(), "x.json"))
    assert (entry.input_price, entry.output_price) == (Decimal("2.5"), Decimal(10))


def test_models_dev_file_says_its_maker_in_its_name() -> None:
    text = 'name = "o3"\nretirement_date = "2027-10-27"\n[cost]\ninput = 1.10\n'
    entry = only(read(text.encode(), "models_dev_openai_o3-2025-04-16.toml"))
    assert (entry.provider, entry.snapshot) == ("openai", "o3-2025-04-16")
    assert (entry.retires_on, entry.input_price) == (dt.date(2027, 10, 27), Decimal("1.1"))


@pytest.mark.parametrize("word", ["", "-", "TBD", "unknown", "none", "Not announced"])
def test_unknown_date_stays_unknown(word: str) -> None:
    entry = only(table(f"provider,model,retires on\nopenai,gpt-4-0613,{word}\n"))
    assert entry.retires_on is None


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ("openai,gpt-4o,,,", "alias"),
        (",gpt-4-0613,,,", "no provider"),
        ("openai,gpt-4-0613,03/04/2026,,", "no day"),
        ("openai,gpt-4-0613,2026-02-30,,", "no day"),
        ("openai,gpt-4-0613,0001-01-01,,", "no day"),
        ("openai,gpt-4-0613,,-1,", "a price of -1"),
        ("openai,gpt-4-0613,,NaN,", "no number"),
        ("openai,gpt-4-0613,,1e999999999,", "no number"),
        ("openai,gpt-4-0613,,cheap,", "no number"),
        ("openai,gpt-4-0613,,,0.5", "a context window"),
        (f"openai,{'x' * 200}-0613,,,", "too long"),
        ("openai,gpt-\x07-0613,,,", "control"),
    ],
)
def test_row_that_makes_no_sense_is_left_out_with_the_reason(cells: str, why: str) -> None:
    text = f"provider,model,retires on,input price,context window\n{cells}\nopenai,o1-2024-12-17,,,"
    found = table(text)
    assert [entry.snapshot for entry in found.entries] == ["o1-2024-12-17"]
    assert why in found.left[0].why and found.left[0].where == "line 2"


def test_model_said_twice_counts_once_and_twice_differently_not_at_all() -> None:
    rows = ["openai,gpt-4-0613,5"] * 2 + ["openai,o1-2024-12-17,5", "openai,o1-2024-12-17,6"]
    found = table("provider,model,input price\n" + "\n".join(rows))
    assert [entry.snapshot for entry in found.entries] == ["gpt-4-0613"]
    assert found.left[0].where == "line 4, line 5" and "differently" in found.left[0].why


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "x.csv", "empty"),
        (b"  \n", "x.csv", "empty"),
        (b"model\xff", "x.csv", "not UTF-8"),
        (b"model,\0", "x.csv", "NUL"),
        (b'{"a": ', "x.json", "no JSON"),
        (b"[" * 100_000, "x.json", "no JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "x.json", "no JSON"),
        (b'{"a": 1}', "x.json", "none of the lists"),
        (b"[1, 2]", "x.json", "none of the lists"),
        (b"name = ", "x.toml", "no TOML"),
        (b"a,b\n1,2\n", "x.csv", "none of the lists"),
        (b"Just words.\n", "x.md", "none of the lists"),
        (b"x" * (LARGEST + 1), "x.csv", "10,000,000 are the most"),
    ],
)
def test_file_that_is_no_list_is_refused_in_words(data: bytes, name: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(data, name)


def test_list_of_too_many_models_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_MODELS", 3)
    rows = "\n".join(f"openai,m{n}-2024-08-06" for n in range(4))
    with pytest.raises(Unreadable, match="3 are the most"):
        table(f"provider,model\n{rows}\n")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "models", "model", "modelName", "litellm_provider", "prices", "x"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@search(max_examples=12)
@given(JSON)
def test_any_json_is_read_or_refused(found: object) -> None:
    with contextlib.suppress(Unreadable):
        read(json.dumps(found).encode(), "x.json")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published lists are not on this machine")
@pytest.mark.parametrize(
    ("name", "models", "dated"),
    [
        ("litellm_model_prices_trimmed.json", 400, 100),
        ("genai_prices_data_slim.json", 100, 0),
        ("langfuse_default_model_prices.json", 40, 0),
        ("models_dev_openai_o1-mini.toml", 0, 0),
    ],
)
def test_published_list_is_read(name: str, models: int, dated: int) -> None:
    found = read((SHARED / name).read_bytes(), name)
    assert len(found.entries) >= models
    assert sum(entry.retires_on is not None for entry in found.entries) >= dated
    assert found.entries or found.left
