"""Forks come back byte for byte, adopted and served."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from fleet.campaign.actions import open_campaign, start_evaluation
from fleet.demo import files
from fleet.demo.load import load_demo
from fleet.release.models import Release, Served
from registry.compose import Slot, compose
from registry.models import Prompt, Revision
from tests.builders import Fleet
from tests.replay import again

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"


def run(*arguments: str) -> str:
    """Call import_forks; what it printed."""
    out = io.StringIO()
    call_command("import_forks", *arguments, stdout=out)
    return out.getvalue()


def demo() -> None:
    load_demo(lambda line: None)


@pytest.fixture
def demo_forks(db: None, tmp_path: Path) -> Path:
    """The demo's 47 overlays rendered out as 47 files, beside the plain base."""
    again(demo)
    folder = tmp_path / "forks"
    folder.mkdir()
    live = Revision.objects.filter(variant__prompt__slug="support-triage", releases__stage="live")
    for revision in live.select_related("variant__tenant"):
        tenant = revision.variant.tenant
        path = folder / f"{tenant.slug}.md" if tenant else tmp_path / "base.md"
        path.write_bytes(revision.text.encode())
    return tmp_path


def test_the_demos_47_forks_come_back_exact_adopted_and_served(demo_forks: Path) -> None:
    folder, base = demo_forks / "forks", demo_forks / "base.md"
    said = run("--prompt", "triage-again", "--base", str(base), str(folder))
    assert "47 of 47 adopted and served" in said
    served = Served.objects.filter(prompt_slug="triage-again")
    assert served.count() == 47
    for row in served:
        assert (
            json.loads(row.body)["text"].encode() == (folder / f"{row.tenant_slug}.md").read_bytes()
        )
    kinds = set(Release.objects.filter(variant__prompt__slug="triage-again").values_list("kind"))
    assert kinds == {("adopted",)}


def test_forks_read_against_a_base_with_its_slots_declared_are_exact_too(demo_forks: Path) -> None:
    marked = demo_forks / "marked.md"
    marked.write_text(files.text("prompts", "support-triage", "base.md"), encoding="utf-8")
    said = run(
        "--prompt", "support-triage", "--base", str(marked), "--dry-run", str(demo_forks / "forks")
    )
    assert "47 of 47 exact" in said


def test_importing_again_changes_nothing(demo_forks: Path) -> None:
    arguments = ["--prompt", "triage-again", "--base", str(demo_forks / "base.md")]
    run(*arguments, str(demo_forks / "forks"))
    before = (Revision.objects.count(), Release.objects.count())
    said = run(*arguments, str(demo_forks / "forks"))
    assert "0 of 47 adopted and served, 47 unchanged, 0 left." in said
    assert (Revision.objects.count(), Release.objects.count()) == before


def test_a_dry_run_writes_nothing(fleet: Fleet, tmp_path: Path) -> None:
    _write(tmp_path, {"one": "Be kind.\nAlways."}, base="Be kind.\n")
    before = Revision.objects.count()
    run("--prompt", "new-one", "--base", str(tmp_path / "b.txt"), "--dry-run", str(tmp_path))
    assert Revision.objects.count() == before
    assert not Prompt.objects.filter(slug="new-one").exists()


def test_a_file_that_is_not_utf8_is_named_and_the_others_go_on(
    fleet: Fleet, tmp_path: Path
) -> None:
    _write(tmp_path, {"one": "Be kind.\n"}, base="Be kind.\n")
    (tmp_path / "two.md").write_bytes("Grüße".encode("latin-1"))
    (tmp_path / "three.md").write_bytes(b"Zero\x00byte")
    said = run("--prompt", "new-one", "--base", str(tmp_path / "b.txt"), str(tmp_path))
    assert "two.md is not UTF-8 (byte 2, line 1)" in said
    assert "three.md: The text holds a NUL character" in said
    assert "1 of 1 adopted" in said


def test_crlf_trailing_blanks_and_a_missing_final_newline_come_back_byte_for_byte(
    fleet: Fleet, tmp_path: Path
) -> None:
    texts = {
        "crlf": "Be kind.\r\nSay hi.  \r\n",
        "bare": "Be kind.\nSay hi.",
        "tab": "Be kind.\t\n",
    }
    _write(tmp_path, texts, base="Be kind.\nSay hi.\n")
    run("--prompt", "dirty", "--base", str(tmp_path / "b.txt"), str(tmp_path))
    for row in Served.objects.filter(prompt_slug="dirty"):
        assert json.loads(row.body)["text"] == texts[row.tenant_slug]


def test_a_reserved_name_is_left_with_the_reason(fleet: Fleet, tmp_path: Path) -> None:
    _write(tmp_path, {"production": "Be kind.\n", "fine": "Be kind.\nHi.\n"}, base="Be kind.\n")
    said = run("--prompt", "named", "--base", str(tmp_path / "b.txt"), str(tmp_path))
    assert "left        production: not a tenant's name" in said
    assert "1 of 2 adopted" in said


def test_a_zip_of_every_format_without_a_base_is_imported_against_a_proposed_one(
    fleet: Fleet, tmp_path: Path
) -> None:
    shared = "Be kind.\nHand over when asked.\nNever lie.\n"
    with zipfile.ZipFile(tmp_path / "forks.zip", "w") as archive:
        archive.writestr("forks/one.md", shared + "One.\n")
        archive.writestr("forks/two.json", json.dumps({"system": shared + "Two.\n"}))
        archive.writestr("all.csv", f'tenant,text\nthree,"{shared}"\n')
        archive.writestr("forks/bad.txt", "Grüße".encode("utf-16"))
    said = run("--prompt", "zipped", str(tmp_path / "forks.zip"))
    assert "unreadable  forks/bad.txt" in said
    assert "3 of 3 adopted and served" in said
    texts = {
        row.tenant_slug: json.loads(row.body)["text"]
        for row in Served.objects.filter(prompt_slug="zipped")
    }
    assert texts == {"one": shared + "One.\n", "two": shared + "Two.\n", "three": shared}
    said = run("--prompt", "zipped", str(tmp_path / "forks.zip"))
    assert "0 of 3 adopted and served, 3 unchanged, 0 left." in said


def test_an_empty_folder_is_an_error_in_words(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("Be kind.")
    with pytest.raises(CommandError, match=r"no .md, .txt"):
        run("--prompt", "named", "--base", str(tmp_path / "b.txt"), str(tmp_path))


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real prompts is not here")
def test_47_real_prompts_go_from_files_to_a_campaign(fleet: Fleet, tmp_path: Path) -> None:
    texts = _real_prompts(47)
    _write(tmp_path, texts, base="{{> prompt}}")
    said = run("--prompt", "agents", "--base", str(tmp_path / "b.txt"), str(tmp_path))
    assert "47 of 47 adopted and served" in said
    call_command(
        "import_suite", str(CORPUS / "suites/openai_evals/data/banking77/samples.jsonl"),
        format="openai-evals", prompt="agents", stdout=io.StringIO(),
    )  # fmt: skip
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="Agents", by=fleet.engineer)
    tracks = campaign.tracks.filter(variant__prompt__slug="agents")
    assert tracks.count() == 47
    runs = [start_evaluation(track) for track in tracks]
    assert {run.calls_planned for run in runs if run} == {20}
    for track in tracks.select_related("revision"):
        assert track.revision.text == texts[track.variant.tenant.slug]


def _write(folder: Path, texts: dict[str, str], *, base: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.md").write_bytes(text.encode())
    (folder / "b.txt").write_bytes(base.encode())


def _real_prompts(count: int) -> dict[str, str]:
    lines = (CORPUS / "prompts/lobe_agents.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    found = {row["id"].lower(): row["system"] for row in rows if row["system"].strip()}
    return dict(list(found.items())[:count])


def test_the_cases_of_the_import_are_the_files_not_the_editors() -> None:
    """Composing inserts a value verbatim, so a marker inside a fork is not a slot."""
    composed = compose("", "{{> prompt}}", [Slot("prompt")], {"prompt": "Say {{> tone}}."})
    assert composed.text == "Say {{> tone}}."
