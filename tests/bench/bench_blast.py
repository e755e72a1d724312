"""How long a dry run over 18,000 variants takes: python -m tests.bench.bench_blast.

Aims on two processors: a base edit in at most 15 s, a policy rule in at most 10 s. The floor
is reading the same rows, and writing as many as were found, with nothing in between.
"""

from __future__ import annotations

import copy
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.database import throwaway_database  # noqa: E402

TENANTS, LOCALES, LANES = 500, 12, 3


def main() -> None:
    """Build the fleet, try each draft, print seconds and the ratio to the floor."""
    sizes = [int(word) for word in sys.argv[1:4]] or [TENANTS, LOCALES, LANES]
    with throwaway_database():
        from tests.bench.scale import build

        begun = time.perf_counter()
        prompt = build(*sizes)
        print(f"built {sizes} in {time.perf_counter() - begun:.0f} s")
        for name, line, document in drafts(prompt):
            measure(name, line, document)
        look()


def drafts(prompt: Any) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Edits as people make them: a sentence, a slot's limit, a variable; a rule, a text."""
    from registry.models import Base, BaseVersion, Policy, PolicyVersion

    head, policy = BaseVersion.objects.get(base__prompt=prompt), PolicyVersion.objects.get()
    base = {"text": head.text, "slots": head.slots, "variables": head.variables}
    tighter = [
        dict(slot, max_chars=max(60, len(slot["default"])), templates=[]) for slot in head.slots
    ]
    rules = {"text": policy.text, "rules": policy.rules}
    on_base, on_policy = {"base": Base.objects.get()}, {"policy": Policy.objects.get()}
    return [
        ("base: a sentence more", on_base, base | {"text": head.text + "\n\nBe brief."}),
        ("base: other rules of style", on_base, base | {"text": f"{head.text}\n\n{_STYLE}"}),
        ("base: tighter slots", on_base, base | {"slots": tighter}),
        ("base: no variable left", on_base, base | {"variables": []}),
        ("policy: a phrase forbidden", on_policy, _with_rule(rules, _PHRASE)),
        ("policy: a pattern refused", on_policy, _with_rule(rules, _PATTERN)),
        ("policy: a topic added", on_policy, _with_rule(rules, _TOPIC)),
        ("policy: overrides only warn", on_policy, _softened(rules, "override_attempt")),
        ("policy: every rule softened", on_policy, _softened(rules, "")),
        ("policy: other words", on_policy, rules | {"text": policy.text + "\nBe fair."}),
    ]


_STYLE = "Always greet the customer by first name. Never write more than 80 words. Speak for us."
_PHRASE = {"type": "forbidden_phrase", "params": {"phrases": ["you speak for", "bargain"]}}
_PATTERN = {"type": "regex", "params": {"pattern": r"\bScale \d+7\b"}}
_TOPIC = {"type": "must_not_contradict", "params": {"topic": "refunds"}}


def _with_rule(document: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any]:
    new = copy.deepcopy(document)
    new["rules"]["rules"].append({"id": "bench", "severity": "block"} | rule)
    return new


def _softened(document: dict[str, Any], kind: str) -> dict[str, Any]:
    new = copy.deepcopy(document)
    for rule in new["rules"]["rules"]:
        if rule["type"] == kind or not kind:
            rule["severity"] = "warn"
    return new


def measure(name: str, line: dict[str, Any], document: dict[str, Any]) -> None:
    """Try one draft as the worker does, and print what it took."""
    from fleet.blast.actions import start_dry_run
    from fleet.blast.job import try_out
    from fleet.blast.models import BlastRadius
    from registry import work
    from registry.models import User, WorkItem

    by = User.objects.filter(
        groups__name="policy_owner" if "policy" in line else "prompt_engineer"
    ).first()
    radius = start_dry_run(by=by, document=document, **line)
    item = work.claim(WorkItem.objects.get(payload__radius=str(radius.pk)).pk)
    begun, processor = time.perf_counter(), time.process_time()
    try_out(item)
    wall, processor = time.perf_counter() - begun, time.process_time() - processor
    radius = BlastRadius.objects.get(pk=radius.pk)
    least = floor(radius)
    counts = {key: n for key, n in radius.summary["counts"].items() if n}
    print(
        f"{name:30} {wall:6.2f} s ({processor:5.2f} s of one processor), "
        f"floor {least:5.2f} s, {wall / least:4.1f} x, {radius.total} variants: {counts}"
    )


def look() -> None:
    """Print how long the pages over these rows take, the second time they are asked for."""
    from django.test import Client
    from django.urls import reverse

    from fleet.blast.models import BlastRadius
    from registry.models import User

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.filter(groups__name="prompt_engineer")[0])
    radius = BlastRadius.objects.filter(base__isnull=False).order_by("asked_at")[0]
    url = radius.get_absolute_url()
    addresses = [url, f"{url}?show=text&sort=-revenue&page=90", reverse("base-list")]
    for address in addresses:
        client.get(address)
        begun, processor = time.perf_counter(), time.process_time()
        assert client.get(address).status_code == 200, address
        wall, processor = time.perf_counter() - begun, time.process_time() - processor
        print(f"{address[:14]:30} {wall * 1000:6.0f} ms ({processor * 1000:.0f} of one processor)")


def floor(radius: Any) -> float:
    """Seconds to read every row and to write as many empty ones as the run wrote."""
    from django.db import transaction

    from fleet.blast.effects import Effect
    from fleet.blast.job import copy_rows
    from fleet.blast.models import BlastRadius
    from fleet.blast.reach import Overlays, live_rows

    variants = list(radius.rows.values_list("variant_id", flat=True))
    prompts = [radius.base.prompt_id] if radius.base else _all_prompts()
    begun = time.perf_counter()
    rows = live_rows(prompts)
    Overlays().fetch(rows)
    with transaction.atomic():
        twin = BlastRadius.objects.create(
            base=radius.base, policy=radius.policy, document={}, sha256="", asked_by=radius.asked_by
        )
        copy_rows(twin, ((pk, Effect()) for pk in variants))
        took = time.perf_counter() - begun
        transaction.set_rollback(True)
    return took


def _all_prompts() -> list[int]:
    from registry.models import Prompt

    return list(Prompt.objects.values_list("pk", flat=True))


if __name__ == "__main__":
    main()
