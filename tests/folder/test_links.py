"""A folder from elsewhere cannot lead an export or an import out of itself by links."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.folder import disk
from fleet.folder.disk import UnusableFolder

FILES = [("fleet.json", '{"format": 1}\n'), ("tenants/acme.json", "{}\n")]


def exported(folder: Path) -> Path:
    """A folder with a small export in it."""
    folder.mkdir()
    disk.write(folder, FILES)
    return folder


@pytest.mark.parametrize("act", ["write", "read"])
def test_room_that_is_a_link_is_refused_and_nothing_behind_it_is_touched(
    tmp_path: Path, act: str
) -> None:
    folder, outside = exported(tmp_path / "fleet"), tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.json").write_text("mine")
    (folder / "prompts").symlink_to(outside)
    with pytest.raises(UnusableFolder, match="prompts is a link"):
        disk.write(folder, FILES) if act == "write" else disk.read(folder)
    assert (outside / "mine.json").read_text() == "mine"


def test_folder_within_a_room_that_is_a_link_is_not_written_into(tmp_path: Path) -> None:
    folder, outside = exported(tmp_path / "fleet"), tmp_path / "outside"
    outside.mkdir()
    (folder / "prompts").mkdir()
    (folder / "prompts" / "one").symlink_to(outside)
    with pytest.raises(UnusableFolder, match="one is a link"):
        disk.write(folder, [*FILES, ("prompts/one/prompt.json", "{}\n")])
    assert list(outside.iterdir()) == []


def test_half_written_file_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    folder, outside = exported(tmp_path / "fleet"), tmp_path / "mine.txt"
    outside.write_text("mine")
    (folder / "tenants" / "acme.json.new~").symlink_to(outside)
    disk.write(folder, [FILES[0], ("tenants/acme.json", '{"name": "Acme"}\n')])
    assert outside.read_text() == "mine"
    assert not (folder / "tenants" / "acme.json").is_symlink()
