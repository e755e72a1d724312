"""A process that switches what a variant serves, told by lines on its standard input.

    begin    make a small fleet with two revisions of one variant; says {"key", "path"}
    switch   serve the other one; says {"revision", "cursor"}
    die      the same, but killed after the commit, before anybody is told

Every answer is one line of JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import close_old_connections  # noqa: E402

from fleet.delivery.keys import create_api_key  # noqa: E402
from fleet.release.actions import roll_back  # noqa: E402
from fleet.release.models import Change, Release, Stage  # noqa: E402
from fleet.stream.bell import bell  # noqa: E402
from registry.models import Revision, User, Variant  # noqa: E402
from tests.builders import build_fleet  # noqa: E402
from tests.release.test_invariants import published  # noqa: E402


def begin() -> dict[str, Any]:
    """The fleet and a key."""
    call_command("migrate", verbosity=0, interactive=False)
    fleet = build_fleet(tenants=2)  # the manager owns all but the last
    published(fleet, fleet.variants[0])
    key = create_api_key(name="watch", scopes=["prompts:read"])[1].bearer
    return {"key": key, "path": "/api/v1/prompts/support-triage?tenant=tenant-0"}


def switch() -> dict[str, Any]:
    """Roll to the revision that is not live."""
    variant = Variant.objects.get(tenant__slug="tenant-0")
    live = Release.objects.get(variant=variant, stage=Stage.LIVE)
    other = Revision.objects.filter(variant=variant).exclude(pk=live.revision_id).get()
    by = User.objects.get(username="prompt_engineer")
    roll_back(variant, by=by, reason="To and fro.", to=other)
    newest = Change.objects.order_by("-cursor").values_list("cursor", flat=True)[0]
    return {"revision": other.number, "cursor": newest}


def die() -> dict[str, Any]:
    """Commit, and be gone before the bell rings."""
    bell.ring = lambda: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
    return switch()


if __name__ == "__main__":
    verbs = {"begin": begin, "switch": switch, "die": die}
    for line in sys.stdin:
        close_old_connections()
        print(json.dumps(verbs[line.strip()]()), flush=True)
        bell.flush(1.0)
