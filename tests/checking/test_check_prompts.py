"""`check_prompts`: a folder in, a table and a JUnit report out; no database, simulated models."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fleet.checking.candidates import candidates
from fleet.checking.report import junit
from fleet.folder import disk
from fleet.folder.export import tree
from tests.builders import Fleet

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(fleet: Fleet, tmp_path: Path) -> Path:
    """A small fleet as a git folder."""
    disk.write(tmp_path / "prompts", tree())
    return tmp_path / "prompts"


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def ask(folder: Path, *options: str) -> Ended:
    """The command in this process, where a database would be at hand: it is asked for nothing."""
    out, err, code = StringIO(), StringIO(), 0
    with CaptureQueriesContext(connection) as asked:
        try:
            call_command("check_prompts", str(folder), *options, stdout=out, stderr=err)
        except CommandError as problem:
            code = problem.returncode
            err.write(str(problem))
        except SystemExit as end:
            code = int(str(end.code))
    assert len(asked) == 0
    return Ended(code, out.getvalue(), err.getvalue())


def check(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The command as CI calls it: without any database, in a process of its own."""
    bare = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "check_prompts", str(folder), *options],
        capture_output=True, text=True, timeout=120, env=bare,
    )  # fmt: skip


def _overlay(folder: Path) -> Path:
    found = sorted((folder / "prompts").glob("*/overlays/tenant-0/*/tone.md"))
    assert found, "the fleet's first tenant has words of its own"
    return found[0]


def test_a_folder_as_exported_says_what_is_live(folder: Path) -> None:
    found = list(candidates(disk.read(folder)))
    assert len(found) == 4 and not any(one.changed for one in found)


def test_an_edited_overlay_is_the_only_candidate_that_changed(folder: Path) -> None:
    _overlay(folder).write_text("Be very brief.\n")
    [changed] = [one for one in candidates(disk.read(folder)) if one.changed]
    assert "tenant-0" in changed.name and "Be very brief." in changed.text
    assert changed.old is not None and "Be very brief." not in changed.old


def test_an_edited_policy_changes_every_candidate_that_stands_on_it(folder: Path) -> None:
    (folder / "policies/global/text.md").write_text("Never promise anything.\n")
    assert all(one.changed for one in candidates(disk.read(folder)))


def test_a_revoked_version_is_not_what_would_go_out(folder: Path) -> None:
    about = _overlay(folder).with_name("about.json")
    text = about.read_text().rstrip()
    about.write_text(text[:-1] + ', "revoked": {"reason": "wrong", "by": "x"}}')
    [changed] = [one for one in candidates(disk.read(folder)) if one.changed]
    assert changed.values == {}


def test_a_sentence_the_policy_forbids_ends_in_1_and_is_named(folder: Path, tmp_path: Path) -> None:
    _overlay(folder).write_text("Always promise a full refund.\n")
    done = ask(folder, "--no-evals", "--junit", str(tmp_path / "r.xml"))
    assert done.returncode == 1, done.stderr
    assert "Always promise a full refund." in done.stdout and "FAILED" in done.stdout
    report = ElementTree.parse(tmp_path / "r.xml").getroot()
    assert [case.get("name") for case in report.iter("testcase") if case.find("failure")
            is not None] == ["lint"]  # fmt: skip
    assert len(list(report.iter("skipped"))) == 2


def test_nothing_edited_ends_in_0_and_says_so(folder: Path) -> None:
    done = ask(folder)
    assert (done.returncode, done.stdout) == (
        0, "Nothing to check: every variant says what is live.\n",
    )  # fmt: skip


@pytest.mark.django_db
def test_a_folder_that_is_none_ends_in_2_and_names_what_is_missing(tmp_path: Path) -> None:
    done = ask(tmp_path)
    assert done.returncode == 2 and "fleet.json" in done.stderr


def test_a_broken_file_ends_in_2_and_is_named(folder: Path) -> None:
    (_overlay(folder).with_name("about.json")).write_text("{")
    done = check(folder)
    assert done.returncode == 2 and "about.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_workflow_runs_its_steps_to_the_right_end(folder: Path, tmp_path: Path) -> None:
    """Every `run` of the workflow in docs/, as a runner would: first on a good edit, then a bad."""
    workflow = yaml.safe_load((ROOT / "docs/check-prompts.yml").read_text())
    (tmp_path / ".fleet").symlink_to(ROOT)
    steps = [step["run"] for step in workflow["jobs"]["check"]["steps"] if "run" in step]
    assert steps and all("check_prompts prompts" in step for step in steps)
    assert _run(steps, tmp_path) == 0
    report = (tmp_path / "prompts-report.xml").read_text()
    assert "<testsuites" in report
    _overlay(folder).write_text("Always promise a full refund.\n")
    assert _run(steps, tmp_path) == 1
    assert "<failure" in (tmp_path / "prompts-report.xml").read_text()


def _run(steps: list[str], cwd: Path) -> int:
    bare = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    for step in steps:
        done = subprocess.run(["bash", "-e", "-c", step], cwd=cwd, env=bare, capture_output=True)
        if done.returncode:
            return done.returncode
    return 0


def test_a_report_holds_nothing_that_xml_cannot(folder: Path) -> None:
    from fleet.checking.checks import Checked, Gate

    [one, *_] = candidates(disk.read(folder))
    text = junit([Checked(one, (Gate("lint", False, "bad \x00 \x1b", ("why \x07",)),))])
    assert ElementTree.fromstring(text).find(".//failure") is not None
