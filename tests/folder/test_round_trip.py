"""A fleet written to a folder and read into an empty registry is the same fleet."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from evals.models import Case, Suite, SuiteScope
from evals.suites import write_suite
from fleet.delivery.keys import create_api_key
from fleet.folder import disk
from fleet.folder.disk import UnusableFolder
from fleet.folder.export import tree
from fleet.folder.load import import_fleet
from fleet.release.actions import revoke, withdraw
from fleet.review.actions import open_review
from registry.actions import (
    freeze,
    freeze_overlay,
    overlay_for,
    publish_base,
    publish_policy,
    save_draft,
)
from registry.actions.layers import fingerprint
from registry.models import (
    BaseDraft,
    OverlayDraft,
    OverlayVersion,
    Policy,
    Prompt,
    PromptKind,
    Revision,
    Tenant,
)
from registry.operators import operator
from tests.builders import BASE, RULES, SLOTS, VARIABLES, Fleet, build_fleet
from tests.release.test_invariants import published
from tests.replay import again

pytestmark = pytest.mark.django_db


@pytest.fixture
def lived(db: None) -> Fleet:
    """A fleet with a past: two versions of each layer, a release, a withdrawal, odd texts."""
    return again(live)


def live() -> Fleet:
    fleet = build_fleet()
    publish_base(
        prompt=fleet.prompt, text=BASE + "\r\n  ", slots=SLOTS, variables=VARIABLES,
        by=fleet.engineer, note="", semver="1.1.0",
    )  # fmt: skip
    published(fleet, fleet.variants[0], "  Blanks stay.  \n\n")
    odd = {"tone": "\ttab\r\n", "citations": "„Ähm“ 🙂 {{> tone}}"}
    overlay = freeze_overlay(overlay_for(fleet.variants[2]), odd, by=fleet.engineer, note="")
    freeze(fleet.variants[2], by=fleet.engineer, note="", target=fleet.old, overlay=overlay)
    publish_policy(text="Be fair.\n", rules=RULES, by=fleet.policy_owner, note="Line\nbreak")
    withdraw(fleet.variants[1], by=fleet.operator, reason="The customer left.")
    Tenant.objects.create(slug="no-variant", name="No “variant”", segment="retail")
    suites_of_every_scope(fleet)
    return fleet


def suites_of_every_scope(fleet: Fleet) -> None:
    """A slice of two versions that sleeps, a judge's labels, safety sets of both policies."""
    judge = Prompt.objects.create(slug="tone-judge", name="Tone judge", kind=PromptKind.JUDGE)
    own = Policy.objects.create(prompt=fleet.prompt, name="Own")
    case: dict[str, Any] = {
        "messages": [{"role": "user", "content": "Zeile\u2028 {{x}} 🙂"}], "weight": 0.3,
        "variables": {"user_name": None}, "expectations": [{"scorer": "length", "max_words": 9}],
    }  # fmt: skip
    tenant, by = fleet.variants[0].tenant, fleet.engineer
    write_suite(prompt=fleet.prompt, tenant=tenant, cases=[case], by=by, name="a/b")
    slept = write_suite(
        prompt=fleet.prompt, tenant=tenant, cases=[case, case | {"key": "two"}], by=by, name="a/b"
    ).suite
    Suite.objects.filter(pk=slept.pk).update(active=False)
    write_suite(prompt=judge, scope=SuiteScope.LABELS, cases=[case], by=by)
    source = {"source": {"kind": "file", "file": "x.csv", "place": "line 2"}}
    for policy in (Policy.objects.get(prompt=None), own):
        write_suite(policy=policy, cases=[case | source], by=fleet.policy_owner, name="red team")


def emptied() -> None:
    """Throw every row away, as a fresh database has none."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in reversed(connection.introspection.table_names()):
            if table.startswith(("registry_", "fleet_", "evals_")):
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
        cursor.execute("SET session_replication_role = DEFAULT")


def written(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def served(client: Client) -> Iterator[Any]:
    _, secret = create_api_key(name="test", scopes=["prompts:read"])
    for query in ("", "?tenant=tenant-0", "?tenant=tenant-1", "?tenant=tenant-2"):
        answer = client.get(
            f"/api/v1/prompts/support-triage{query}",
            headers={"Authorization": f"Bearer {secret.bearer}"},
        )
        body = answer.json()
        body.pop("release_id", None)
        body.pop("variant_id", None)
        body.pop("arms", None)
        yield answer.status_code, body


def test_export_import_export_is_exact_and_serves_the_same(
    lived: Fleet, tmp_path: Path, client: Client
) -> None:
    disk.write(tmp_path / "a", tree())
    before = list(served(client))
    emptied()
    import_fleet(tmp_path / "a", by=operator())
    disk.write(tmp_path / "b", tree())
    assert written(tmp_path / "a") == written(tmp_path / "b")
    assert list(served(client)) == before
    assert {status for status, _ in before} == {200, 410}


def test_suites_of_every_scope_come_back_as_they_were(lived: Fleet, tmp_path: Path) -> None:
    def suites() -> list[Any]:
        owners = ("scope", "prompt__slug", "tenant__slug", "policy__prompt__slug", "name", "active")
        cases = ("versions__number", "versions__eval_hash", "versions__cases__content_hash")
        rows = Suite.objects.values_list(*owners, *cases, "versions__cases__source")
        return sorted(map(repr, rows))

    disk.write(tmp_path, tree())
    before = suites()
    assert {"core", "slice", "labels", "safety"} == set(
        Suite.objects.values_list("scope", flat=True)
    )
    emptied()
    import_fleet(tmp_path, by=operator())
    assert suites() == before
    assert Case.objects.filter(content_hash="").count() == 0


def test_reading_it_again_changes_nothing(lived: Fleet, tmp_path: Path) -> None:
    disk.write(tmp_path, tree())
    report = import_fleet(tmp_path, by=operator())
    assert (dict(report.added), dict(report.changed), report.notes) == ({}, {}, [])
    again = disk.write(tmp_path, tree())
    assert (again.changed, again.removed) == (0, 0)


def test_a_change_of_one_slot_is_a_change_of_one_text_in_git(lived: Fleet, tmp_path: Path) -> None:
    def git(*args: str) -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        done = subprocess.run(
            ["git", "-C", str(tmp_path), *who, *args], check=True, capture_output=True, text=True
        )
        return done.stdout

    disk.write(tmp_path, tree())
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "Before")
    line = overlay_for(lived.variants[0])
    freeze_overlay(line, {"tone": "Warm and brief."}, by=lived.engineer, note="")
    disk.write(tmp_path, tree())
    changed = git("diff", "--name-only").split()
    assert changed == [f"{OVERLAY}/about.json", f"{OVERLAY}/tone.md"]
    assert "+Warm and brief." in git("diff", "--", f"{OVERLAY}/tone.md")


def test_words_edited_in_the_folder_become_drafts_and_serve_nothing(
    lived: Fleet, tmp_path: Path
) -> None:
    disk.write(tmp_path, tree())
    overlay = tmp_path / "prompts/support-triage/overlays/tenant-0/_any+_any/tone.md"
    overlay.write_text("Edited in git.\n", encoding="utf-8")
    base = tmp_path / "prompts/support-triage/bases/_any+_any/text.md"
    base.write_text(BASE + " More.\n", encoding="utf-8")
    report = import_fleet(tmp_path, by=operator())
    assert report.added == {"drafts": 2}
    assert OverlayDraft.objects.get().values["tone"] == "Edited in git."
    assert BaseDraft.objects.get().text == BASE + " More."
    assert import_fleet(tmp_path, by=operator()).added == {}


def test_a_draft_that_somebody_has_open_is_not_replaced(lived: Fleet, tmp_path: Path) -> None:
    disk.write(tmp_path, tree())
    save_draft(lived.variants[0], {"tone": "Theirs."}, edition=99, by=lived.manager)
    overlay = tmp_path / "prompts/support-triage/overlays/tenant-0/_any+_any/tone.md"
    overlay.write_text("Edited in git.\n", encoding="utf-8")
    report = import_fleet(tmp_path, by=operator())
    assert "has a draft open" in report.notes[0]
    assert OverlayDraft.objects.get().values == {"tone": "Theirs."}


def test_a_revoked_revision_stays_revoked(lived: Fleet, tmp_path: Path) -> None:
    old = lived.variants[0].revisions.get(number=1)
    revoke(old, by=lived.operator, reason="It promised refunds.")
    disk.write(tmp_path, tree())
    emptied()
    import_fleet(tmp_path, by=operator())
    again = Revision.objects.get(pk=old.pk)
    assert again.revocation.reason == "It promised refunds."


def test_what_is_gone_from_the_registry_goes_from_the_folder_and_notes_stay(
    lived: Fleet, tmp_path: Path
) -> None:
    disk.write(tmp_path, tree())
    (tmp_path / "README.md").write_text("Ours.", encoding="utf-8")
    (tmp_path / "tenants/gone.json").write_text("{}", encoding="utf-8")
    assert disk.write(tmp_path, tree()).removed == 1
    assert (tmp_path / "README.md").exists()


def test_a_folder_that_is_no_export_is_left_alone(lived: Fleet, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/precious.md").write_text("Mine.", encoding="utf-8")
    with pytest.raises(UnusableFolder, match=r"fleet\.json"):
        disk.write(tmp_path, tree())
    with pytest.raises(UnusableFolder, match="no exported fleet"):
        import_fleet(tmp_path, by=operator())
    assert (tmp_path / "prompts/precious.md").read_text(encoding="utf-8") == "Mine."


VARIANT = "prompts/support-triage/variants/tenant-0/en+primary.json"
OVERLAY = "prompts/support-triage/overlays/tenant-0/_any+_any"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("fleet.json", b"{"),
        ("fleet.json", b'{"format": 7}'),
        ("tenants/tenant-0.json", b"[]"),
        ("tenants/tenant-0.json", b'{"slug": 5}'),
        ("tenants/bad.json", b'{"slug": "latest", "name": "x", "segment": "y", "locale": "en"}'),
        ("tenants/tenant-0.json", b"\xff\xfe"),
        ("people/x.json", b'{"username": ""}'),
        ("models/simulator/x.json", b'{"provider": "p", "snapshot": "latest"}'),
        ("models/simulator/y.json", b'{"provider": "p", "snapshot": "x-1", "retires_on": "soon"}'),
        ("policies/global/rules.json", b"[]"),
        ("policies/global/about.json", b'{"number": "one"}'),
        (f"{OVERLAY}/about.json", b'{"number": 9}'),
        (f"{OVERLAY}/tone.md", b"nul\x00"),
        (VARIANT, b"{}"),
        (VARIANT, b'{"stage": "active", "min_pass_rate": 7, "revisions": []}'),
        (VARIANT, b'{"stage": "flying", "min_pass_rate": 0.5, "revisions": [{"number": 1}]}'),
        ("prompts/support-triage/bases/_any+_any/slots.json", b"5"),
        ("prompts/support-triage/suites/_core/core/cases.jsonl", b'{"key": "x"}\n'),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_and_nothing_is_changed(
    lived: Fleet, tmp_path: Path, name: str, content: bytes
) -> None:
    disk.write(tmp_path, tree())
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    extra = tmp_path / "tenants/extra.json"
    extra.write_text(
        json.dumps({"slug": "extra", "name": "Extra", "segment": "x", "locale": "en",
                    "timezone": "UTC"}), encoding="utf-8"
    )  # fmt: skip
    with pytest.raises(CommandError) as error:
        call_command("import_fleet", tmp_path)
    assert name.rpartition("/")[0] in str(error.value)
    assert not Tenant.objects.filter(slug="extra").exists()


def test_a_version_rewritten_in_the_folder_with_a_new_hash_is_refused(
    lived: Fleet, tmp_path: Path
) -> None:
    disk.write(tmp_path, tree())
    head = OverlayVersion.objects.filter(overlay__tenant__slug="tenant-0").first()
    assert head is not None
    about = tmp_path / OVERLAY / "about.json"
    text = about.read_text(encoding="utf-8")
    (tmp_path / OVERLAY / "tone.md").write_text("Forged.\n", encoding="utf-8")
    forged = fingerprint({"tone": "Forged."})
    about.write_text(text.replace(head.sha256, forged), encoding="utf-8")
    with pytest.raises(UnusableFolder, match="other words"):
        import_fleet(tmp_path, by=operator())


def test_a_link_in_the_folder_is_refused(lived: Fleet, tmp_path: Path) -> None:
    disk.write(tmp_path / "a", tree())
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="utf-8")
    place = tmp_path / "a" / OVERLAY / "tone.md"
    place.unlink()
    place.symlink_to(secret)
    with pytest.raises(UnusableFolder, match="link"):
        import_fleet(tmp_path / "a", by=operator())
    with pytest.raises(UnusableFolder, match="link"):
        disk.write(tmp_path / "a", tree())
    assert secret.read_text(encoding="utf-8") == "secret"


def test_open_review_is_not_lost_by_an_import(lived: Fleet, tmp_path: Path) -> None:
    review = open_review(
        lived.variants[2], {"tone": "Other."}, rationale="Why not.", by=lived.engineer
    )
    disk.write(tmp_path, tree())
    assert import_fleet(tmp_path, by=operator()).added == {}
    review.refresh_from_db()
    assert review.stage == "open"
