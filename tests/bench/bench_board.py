"""How long the board of a large migration takes the server: python -m tests.bench.bench_board.

Aim: at most 300 ms a refresh at 2,000 tracks, by one question a second. Measured in process,
template included, as the median over rounds. The floor is the same page of a board of 20 tracks
in the same database: what a page, its session and its permissions cost without the rows.

The tracks are written in bulk, in every stage, half of them measured, 300 of them approved and
signed; no eval is run.
"""

from __future__ import annotations

import datetime as dt
import gc
import re
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.bench_lists import median_ms  # noqa: E402
from tests.bench.database import throwaway_database  # noqa: E402

TRACKS, FEW = 2_000, 20


def main() -> None:
    """Build both boards in one throwaway database and print milliseconds."""
    with throwaway_database():
        from django.conf import settings
        from django.db import connection
        from django.test import Client

        from fleet.campaign.models import Campaign
        from registry.models import User
        from tests.bench.scale import build

        gc.freeze()  # as the server does
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        begun = time.perf_counter()
        build(TRACKS + FEW, 1, 1)
        ines = User.objects.get(username="ines")
        large, small = (board_of(count, skip, ines) for count, skip in ((TRACKS, 0), (FEW, TRACKS)))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        print(f"built {Campaign.objects.count()} boards in {time.perf_counter() - begun:.0f} s")
        client = Client(headers={"host": "localhost"})
        client.force_login(ines)
        for name, act in _acts(client, large):
            print(f"{name:42} {median_ms(act):7.1f} ms")
        floor = median_ms(lambda: _page(client, small))
        print(f"{'floor: full page of 20 tracks':42} {floor:7.1f} ms")


def _acts(client: Any, campaign: Any) -> list[tuple[str, Any]]:
    url = campaign.get_absolute_url()
    same = _asked(client.get(url))
    tracks = cycle(campaign.tracks.order_by("pk")[:200])

    def still() -> None:
        answer = client.get(f"{url}rows/", same)
        if answer.status_code == 200:  # a minute has passed: the next question is renewed
            same.update(_asked(answer))

    def changed() -> None:
        track = next(tracks)
        track.held_why = f"{track.held_why}."[-60:]
        track.save(update_fields=["held_why"])
        assert client.get(f"{url}rows/", same).status_code == 200

    return [
        ("full page, as a table", lambda: _page(client, campaign)),
        ("full page, by state", lambda: _page(client, campaign, view="columns")),
        ("full page, needs me", lambda: _page(client, campaign, need="me")),
        (
            "full page, sorted by turn, page 9",
            lambda: _page(client, campaign, sort="turn", page="9"),
        ),
        ("poll, nothing changed", still),
        ("poll, one track changed", changed),
    ]


def _asked(answer: Any) -> dict[str, str]:
    """What the page's next poll sends along."""
    return dict(re.findall(r"(pulse|seen)=([0-9a-f]{16})", answer.content.decode()))


def _page(client: Any, campaign: Any, **query: str) -> None:
    assert client.get(campaign.get_absolute_url(), query).status_code == 200


def board_of(count: int, skip: int, by: Any) -> Any:
    """A running campaign over `count` live variants, its tracks in every stage in turn."""
    from django.utils import timezone

    from fleet.campaign.models import SERVING, Campaign, Track, TrackStage
    from fleet.release.models import Release, Stage
    from registry.models import ModelTarget

    live = Release.objects.filter(stage=Stage.LIVE, variant__tenant__isnull=False)
    releases = list(live.select_related("revision").order_by("variant_id")[skip : skip + count])
    old = releases[0].revision.model_target
    new = ModelTarget.objects.exclude(pk=old.pk).order_by("pk").first()
    now = timezone.now()
    campaign = Campaign.objects.create(
        name=f"Board of {count}", source=old, target=new, opened_by=by, started_at=now,
        deadline=now.date() + dt.timedelta(days=30),
    )  # fmt: skip
    revisions = _revisions(releases, new, by)
    runs = _runs(revisions)
    stages = cycle([stage for stage in TrackStage if stage != TrackStage.CANCELLED])
    tracks = [
        Track(
            campaign=campaign, variant_id=release.variant_id, baseline=release.revision,
            revision=revision, run=run, stage=stage, prepared_at=now, scheduled_for=now,
            scheduled_by=by, watch_until=now, deferred_until=now.date(), release=release,
            cut_over_at=now - dt.timedelta(days=number % 9) if stage in SERVING else None,
            closed_at=now if stage in (TrackStage.DONE, TrackStage.EXEMPT) else None,
        )
        for number, (release, revision, run, stage) in enumerate(
            zip(releases, revisions, runs, stages, strict=False)
        )
    ]  # fmt: skip
    Track.objects.bulk_create(tracks, batch_size=500)
    _approve(tracks)
    return campaign


def _revisions(releases: list[Any], target: Any, by: Any) -> list[Any]:
    from registry.models import Revision

    return Revision.objects.bulk_create(
        [
            Revision(
                variant_id=one.variant_id, number=one.revision.number + 1, parent=one.revision,
                policy_version_id=one.revision.policy_version_id,
                base_version_id=one.revision.base_version_id,
                overlay_version_id=one.revision.overlay_version_id, model_target=target,
                text=one.revision.text, sha256=one.revision.sha256,
                segments=one.revision.segments, author=by,
            )
            for one in releases
        ],
        batch_size=500,
    )  # fmt: skip


def _runs(revisions: list[Any]) -> list[Any]:
    """A finished run with a verdict for each; every tenth regressed."""
    from evals.models import EvalRun, RunStage, Verdict, VerdictKind

    runs = EvalRun.objects.bulk_create(
        [
            EvalRun(
                variant_id=one.variant_id, revision=one, baseline_id=one.parent_id,
                eval_hash="0" * 64, calls_planned=120, stage=RunStage.DONE,
            )
            for one in revisions
        ],
        batch_size=500,
    )  # fmt: skip
    Verdict.objects.bulk_create(
        [
            Verdict(
                run=run, kind=VerdictKind.GO if number % 10 else VerdictKind.NO_GO,
                headline="No-go: 3 cases about refusals that held on the old model fail."
                if not number % 10 else "Go: nothing got worse.",
                decision={"broken": ["a", "b", "c"] if not number % 10 else []},
                pass_rate=0.9 if number % 10 else 0.7, baseline_pass_rate=0.9,
            )
            for number, run in enumerate(runs)
        ],
        batch_size=500,
    )  # fmt: skip
    return runs


def _approve(tracks: list[Any]) -> None:
    """Everybody in the last stages before the cutover has somebody's yes."""
    from fleet.campaign.models import TrackStage
    from fleet.review.models import Approval, Decision
    from registry.models import User

    batch, by = Approval.new_batch(), User.objects.get(username="ruth")
    ready = [one for one in tracks if one.stage in (TrackStage.SIGNED_OFF, TrackStage.SCHEDULED)]
    Approval.objects.bulk_create(
        [
            Approval(
                revision=one.revision, by=by, decision=Decision.APPROVE, batch=batch,
                sha256=one.revision.sha256, pins=one.revision.pins, run=one.run,
                eval_hash=one.run.eval_hash,
            )
            for one in ready
        ],
        batch_size=500,
    )  # fmt: skip


if __name__ == "__main__":
    main()
