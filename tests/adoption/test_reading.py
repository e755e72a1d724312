"""Files to forks: every format, every encoding, and whatever cannot be read is named."""

from __future__ import annotations

import contextlib
import io
import json
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.adoption.forks import read_forks, tenants_of
from fleet.adoption.reading import Source, collect, from_archive, from_folder, limits
from registry.border import UnusableText


def read(**files: bytes | str) -> tuple[dict[str, str], dict[str, str]]:
    """Collect files given as name=content; `__` in a name stands for the dot."""
    return collect(
        Source(name.replace("__", "."), data if isinstance(data, bytes) else data.encode())
        for name, data in files.items()
    )


def zipped(files: dict[str, bytes], **how: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how.get("method", zipfile.ZIP_DEFLATED)) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"Be kind.\r\nHi \t\n", b"\xef\xbb\xbfBe kind.", b"no end", "e\u0301 \u00e9 \u2028".encode()],
    ids=["CRLF and blanks", "byte order mark", "no final newline", "unnormalised"],
)
def test_text_file_comes_in_byte_for_byte(data: bytes) -> None:
    texts, left_out = read(acme__md=data)
    assert texts["acme"].encode() == data
    assert left_out == {}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("Grüße".encode("utf-16"), "is UTF-16, not UTF-8"),
        ("Grüße".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        ("Guten Tag".encode("utf-16-be"), "UTF-16 without a byte order mark"),
        ("Grüße".encode("utf-32"), "is UTF-32"),
        ("Grüße".encode("latin-1"), "not UTF-8 (byte 2, line 1). Save it as UTF-8. It looks like "
         "Latin-1 or Windows-1252: that byte would be “ü”"),
        (b"Be\x00kind", "NUL"),
        (b"", "empty"),
        (b" \r\n\t", "nothing but blanks"),
        (b"x" * (limits.MAX_FILE_BYTES + 1), "2.0 MB"),
    ],
)  # fmt: skip
def test_unusable_bytes_are_named_and_the_rest_goes_on(data: bytes, said: str) -> None:
    archive = zipped({"bad.md": data, "fine.txt": b"Be kind."}, method=zipfile.ZIP_STORED)
    texts, left_out = collect(from_archive(archive, "forks.zip"))
    assert texts == {"fine": "Be kind."}
    assert said in left_out["bad.md"]


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("Be kind.", "Be kind."),
        ({"system": "Be\r\nkind."}, "Be\r\nkind."),
        ({"prompt": "Be kind.", "version": 3}, "Be kind."),
        ({"Text": "Be kind."}, "Be kind."),
        ({"content": "Be kind."}, "Be kind."),
        ([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}],
         "Be kind."),
        ({"messages": [{"role": "developer", "content": "Be kind."}]}, "Be kind."),
        ([{"role": "system", "content": [{"type": "text", "text": "Be kind."}]}], "Be kind."),
    ],
)  # fmt: skip
def test_json_file_with_one_prompt_is_called_by_its_name(document: object, text: str) -> None:
    texts, left_out = read(acme__json=json.dumps(document))
    assert texts == {"acme": text}
    assert left_out == {}


@pytest.mark.parametrize(
    "document",
    [
        {"acme": "Be kind.", "bolt": {"system": "Be brief."}},
        [{"tenant": "acme", "prompt": "Be kind."}, {"name": "bolt", "text": "Be brief."}],
        {"acme": "Be kind.", "bolt": [{"role": "system", "content": "Be brief."}]},
    ],
)
def test_json_file_with_many_prompts_gives_a_fork_a_tenant(document: object) -> None:
    assert read(all__json=json.dumps(document))[0] == {"acme": "Be kind.", "bolt": "Be brief."}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON that can be read (line 1)"),
        ("[" * 100_000, "no JSON"),
        ("9" * 5000, "no JSON"),
        ("{}", "no text under"),
        ("[]", "not of chat messages"),
        ("17", "no text under"),
        ('{"acme": "a", "acme": "b"}', "names “acme” twice"),
        ('[{"role": "user", "content": "Hi"}]', "holds no system messages"),
        ('[{"role": "system", "content": 1}]', "not one text"),
        ('"half \\ud83d"', "broken emoji"),
        ('"nul \\u0000"', "NUL"),
    ],
)
def test_json_that_is_no_prompt_is_named(text: str, said: str) -> None:
    texts, left_out = read(acme__json=text)
    assert texts == {}
    assert said in left_out["acme.json"]


def test_one_bad_entry_of_a_json_document_leaves_its_neighbours() -> None:
    texts, left_out = read(all__json=json.dumps({"acme": "Be kind.", "bolt": 7}))
    assert texts == {"acme": "Be kind."}
    assert "no text" in left_out["all.json “bolt”"]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_gives_a_fork_a_row_with_the_line_ends_of_its_cell(
    delimiter: str, end: str, mark: str
) -> None:
    rows = ["Slug,Segment,Prompt", 'acme,bank,"Be ""kind"".\r\nAlways\n"', "bolt,,Be brief."]
    table = mark + end.join(rows).replace(",", delimiter)
    assert read(all__csv=table)[0] == {
        "acme": 'Be "kind".\r\nAlways\n', "bolt": "Be brief."
    }  # fmt: skip


def test_csv_row_without_a_name_or_text_is_named_by_its_line() -> None:
    texts, left_out = read(all__csv='name,text\n,lost\n"a\nb",Hi\nbolt\nacme,Be kind.\n')
    assert texts == {"acme": "Be kind."}
    assert left_out == {
        "all.csv line 2": "the row names no tenant",
        "all.csv line 4": "its name is longer than 200 characters or holds a control character",
        "all.csv line 5": "the file is empty",
    }


@pytest.mark.parametrize("table", ["a,b\n1,2\n", "", 'name,text\nacme,"half', "name,text\nx,\0"])
def test_csv_that_is_no_table_of_prompts_is_named(table: str) -> None:
    texts, left_out = read(all__csv=table)
    assert texts == {}
    assert list(left_out) == ["all.csv"]


def test_long_cell_is_read() -> None:
    assert len(read(all__csv=f"name,text\nacme,{'x' * 300_000}")[0]["acme"]) == 300_000


def test_same_name_twice_is_named_with_the_first_place() -> None:
    texts, left_out = read(acme__md="One", acme__txt="Two")
    assert texts == {"acme": "One"}
    assert left_out == {"acme.txt": "another one has the same name: acme.md"}


def test_file_that_says_nothing_is_called_by_its_folder() -> None:
    files = {"acme/system.md": b"Be kind.", "emea/bolt.md": b"Be brief.", "Prompt.md": b"Hi"}
    texts, _ = collect(from_archive(zipped(files), "forks.zip"))
    assert texts == {"Prompt": "Hi", "acme": "Be kind.", "bolt": "Be brief."}


def test_folder_is_read_below_and_names_what_it_passes_over(tmp_path: Path) -> None:
    for name in ("emea/acme.md", ".git/x.md", ".hidden.md", "sheet.pdf", "base.md", "inner.zip"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"Be kind.")
    (tmp_path / "link.md").symlink_to("/etc/passwd")
    (tmp_path / "far").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / os.fsdecode(b"caf\xe9.md")).write_bytes(b"Be kind.")
    texts, left_out = collect(from_folder(tmp_path, [tmp_path / "base.md"]))
    assert texts == {"acme": "Be kind."}
    assert "base.md" not in left_out
    said = " ".join(f"{name}: {why};" for name, why in left_out.items())
    for words in (
        ".git: a hidden folder", ".hidden.md: a hidden file", "link.md: a symbolic link",
        "far: a symbolic link", "pipe.md: not a plain file", "sheet.pdf: not one of .md",
        "inner.zip: an archive within an archive", "no text can hold",
    ):  # fmt: skip
        assert words in said


def test_archive_names_what_it_passes_over_and_writes_nothing(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        link = zipfile.ZipInfo("link.md")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("../../escape.md", "x")
        archive.writestr("/rooted.md", "x")
        archive.writestr("__MACOSX/._acme.md", "x")
        archive.writestr("inner.zip", zipped({"a.md": b"x"}))
        archive.writestr(zipfile.ZipInfo("packed.md"), b"x" * 99, zipfile.ZIP_LZMA)
        archive.writestr("acme.md", "Be kind.")
    texts, left_out = collect(from_archive(out.getvalue(), "forks.zip"))
    assert texts == {"acme": "Be kind."}
    assert left_out == {
        "link.md": "a symbolic link is not followed",
        "../../escape.md": "its path leads out of the archive",
        "/rooted.md": "its path leads out of the archive",
        "__MACOSX/._acme.md": "a hidden file",
        "inner.zip": "an archive within an archive is not opened",
        "packed.md": "it is packed in a way that is not read (deflate and stored are)",
    }
    assert list(tmp_path.iterdir()) == []


def test_zip_bomb_is_named_without_being_unpacked() -> None:
    archive = zipped({"bomb.md": b"0" * 1_900_000, "big.md": b"0" * 9_000_000, "acme.md": b"Hi"})
    texts, left_out = collect(from_archive(archive, "forks.zip"))
    assert texts == {"acme": "Hi"}
    assert "200 times its size" in left_out["bomb.md"]
    assert "200 times its size" in left_out["big.md"]


def test_archive_that_lies_about_a_size_is_not_believed() -> None:
    honest = zipped({"liar.md": os.urandom(3_000_000)}, method=zipfile.ZIP_STORED)
    at = honest.rindex(b"PK\x01\x02")
    lie = struct.pack("<II", 1000, 1000)
    archive = honest[: at + 20] + lie + honest[at + 28 :]
    texts, left_out = collect(from_archive(archive, "forks.zip"))
    assert texts == {}
    assert "damaged" in left_out["liar.md"]


def test_encrypted_entry_is_named() -> None:
    data = bytearray(zipped({"acme.md": b"Be kind."}))
    for begins, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(begins) + at] |= 1
    assert collect(from_archive(bytes(data), "x.zip")) == ({}, {"acme.md": "it is encrypted"})


def test_archive_with_too_many_files_is_refused_before_it_is_listed() -> None:
    with pytest.raises(UnusableText, match="more than 6,000 files"):
        list(from_archive(b"PK\x03\x04" + b"PK\x01\x02" * 6_001, "forks.zip"))


def test_archive_that_is_too_large_or_no_archive_is_refused() -> None:
    with pytest.raises(UnusableText, match=r"20\.0 MB are read"):
        list(from_archive(b"PK\x03\x04" + b"x" * limits.MAX_ARCHIVE_BYTES, "forks.zip"))
    with pytest.raises(UnusableText, match="no zip file"):
        list(from_archive(b"PK\x03\x04 not really", "forks.zip"))


def test_total_and_number_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.adoption.reading.collecting.MAX_TOTAL_BYTES", 10)
    texts, left_out = read(a__md="12345678", b__md="12345678", c__md="1")
    assert list(texts) == ["a"]
    assert all("limit" in why for why in left_out.values())
    monkeypatch.undo()
    monkeypatch.setattr("fleet.adoption.reading.collecting.MAX_FILES", 2)
    texts, left_out = read(a__md="1", b__md="2", c__md="3")
    assert list(texts) == ["a", "b"]
    assert "only the first 2" in left_out["c.md"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_broken_archive_is_refused_in_words_or_read(data: st.DataObject) -> None:
    archive = bytearray(zipped({"a/acme.md": b"Be kind.", "bolt.json": b'"Hi"'}))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(4, len(archive) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(UnusableText):
        collect(from_archive(bytes(archive), "forks.zip"))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([".md", ".json", ".csv"]))
def test_any_bytes_are_read_or_named(data: bytes, ending: str) -> None:
    texts, left_out = collect([Source(f"acme{ending}", data)])
    assert texts or left_out or ending == ".csv"
    if ending == ".md" and texts:
        assert texts["acme"].encode() == data


def test_zip_and_folder_give_the_same_forks(tmp_path: Path) -> None:
    folder = tmp_path / "forks"
    folder.mkdir()
    files = {"acme.md": "Grüße\r\n".encode(), "bolt.json": b'{"system": "Hi"}'}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (tmp_path / "forks.zip").write_bytes(zipped(files))
    assert read_forks(None, folder) == read_forks(None, tmp_path / "forks.zip")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"name\nAcme\n", "no column called slug"),
        (b"slug,annual_revenue\nacme,lots\n", "line 2: annual_revenue is not a number"),
        (b"slug,annual_revenue\nacme,NaN\n", "line 2: annual_revenue is not a number"),
        (b'slug\n"acme', "is no CSV"),
        ("slug\nacmé".encode("utf-16"), "is UTF-16"),
    ],
)
def test_unusable_tenants_table_says_where(table: bytes, said: str) -> None:
    with pytest.raises(UnusableText, match=said):
        tenants_of(table, "tenants.csv")


def test_tenants_table_may_begin_with_a_byte_order_mark() -> None:
    rows = tenants_of(b"\xef\xbb\xbfslug,name\nacme,Acme Corp\n", "tenants.csv")
    assert rows["acme"].name == "Acme Corp"
