"""Files nobody should have written: clear words, never a traceback, nothing run or fetched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.importers.formats import FORMATS
from evals.importers.parsed import Options, Parsed

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"b{n}: &b{n} [{','.join([f'*b{n - 1}' if n else '*a'] * 9)}]\n" for n in range(12)
)
SAMPLE = {"input": "Hello?", "ideal": "Hi", "target": "Hi"}


def read(kind: str, path: Path) -> Parsed:
    found = FORMATS[kind](path, Options())
    assert len(found) == 1
    return found[0]


def reasons(parsed: Parsed) -> str:
    return " / ".join(left.reason for left in parsed.left_out)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "by its aliases"),
        ("a: &a [*a]", "refers to itself"),
        ("tests: " + "[" * 5_000, "levels deep"),
        ("tests: !!python/object/apply:os.system ['touch x']", "not YAML"),
        ("tests: [", "not YAML"),
        ("- 1\n- 2", "neither a config nor a list of tests"),
        ("", "neither a config nor a list of tests"),
    ],
)
def test_yaml_that_cannot_be_a_config_is_refused_in_words(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "promptfooconfig.yaml").write_text(text)
    parsed = read("promptfoo", tmp_path / "promptfooconfig.yaml")
    assert parsed.cases == []
    assert said in reasons(parsed)


@pytest.mark.parametrize("kind", ["promptfoo", "openai-evals", "inspect", "csv", "garak"])
@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02", b"\xff\xfea\x00", b"caf\xe9;x\n1;2", b"\xef\xbb\xbf", b"{" * 9_000,
        b'{"input": "\\ud800", "ideal": "x", "target": "x", "prompt": "\\ud800"}',
        b'{"input": "\\u0000", "ideal": "x", "target": "x", "prompt": "a\\u0000b"}',
        b'{"input": NaN, "ideal": ' + b"9" * 5_000 + b"}", b'"' * 3, b"a,b\n" + b'"x' * 99,
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
    ],
)  # fmt: skip
def test_bytes_that_are_no_suite_give_words_and_no_case(
    tmp_path: Path, kind: str, data: bytes
) -> None:
    for ending in ("jsonl", "json", "yaml", "csv"):
        path = tmp_path / f"x.{ending}"
        path.write_bytes(data)
        found = FORMATS[kind](path, Options())
        assert all(one.cases == [] for one in found)
        assert all(left.reason for one in found for left in one.left_out)


def test_a_byte_order_mark_utf_16_and_windows_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_bytes("question;expected\r\nÜber?;ja\r\n".encode(encoding))
        case = read("csv", path).cases[0]
        assert case["messages"] == [{"role": "user", "content": "Über?"}]


def test_a_file_of_more_than_ten_megabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    path.write_bytes((json.dumps(SAMPLE) + "\n").encode() * 250_000)
    assert "more than 10 MB" in reasons(read("inspect", path))


@pytest.mark.parametrize(
    "name",
    ["../secret.txt", "/etc/hostname", "file:///etc/hostname", "http://127.0.0.1/x", "link.txt"],
)
def test_nothing_outside_of_the_folder_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("the secret {{x}}")
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "promptfooconfig.yaml").write_text(
        f"prompts: ['file://{name.removeprefix('file://')}']\n"
        f"tests: [{{vars: {{x: 'file://{name.removeprefix('file://')}'}}, "
        "assert: [{type: contains, value: a}]}]"
    )
    parsed = read("promptfoo", folder)
    assert parsed.cases == []
    assert "secret" not in json.dumps([vars(left) for left in parsed.left_out]).replace(
        "secret.txt", ""
    )
    assert any(word in reasons(parsed) for word in ("outside", "nothing is fetched"))


def test_lists_that_multiply_without_end_are_left_out(tmp_path: Path) -> None:
    lists = ", ".join(f"v{n}: [1,2,3,4,5,6,7,8,9,10]" for n in range(12))
    (tmp_path / "promptfooconfig.yaml").write_text(
        f"prompts: ['{{{{v1}}}}']\ntests: [{{vars: {{{lists}}}, assert: [{{type: is-json}}]}}]"
    )
    assert "multiply into 1,000,000,000,000 cases" in reasons(read("promptfoo", tmp_path))


def test_one_bad_row_never_loses_its_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    good = json.dumps(SAMPLE)
    path.write_text(f"{good}\nnot json\n[1]\n{good}\n")
    for kind in ("openai-evals", "inspect"):
        parsed = read(kind, path)
        assert len(parsed.cases) == 2
        assert [left.place for left in parsed.left_out] == ["line 2", "line 3"]
