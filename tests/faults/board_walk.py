"""A whole migration while everything fails: the worker is killed at each boundary in turn.

    python -m tests.faults.board_walk                    every boundary, 47 variants, 60 s outages
    python -m tests.faults.board_walk --kills 3 --seed 7 three of them, picked by a seed

Servers, database and model of its own. Two beats run all the time, and messages are delivered
five times over. What stands at the end is compared with what a day without faults would leave:
every variant cut over once, mailed once, told of once, and nothing owed. Prints a report;
ends with 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

BOUNDARIES = [
    "evaluate_track", "eval_chunk", "verdict_recorded", "letter", "track_step:cut_over",
    "track_step:canary", "track_step:watch", "track_step:look_after",
]  # fmt: skip
"""Kinds of work along a track's way, in their order."""

LEASE_SECONDS = 2.0
PLAN = [{"share": 0.1, "soak_minutes": 0}, {"share": 0.5, "soak_minutes": 0}]
CASES = 50
PATIENCE_SECONDS = 120


def points() -> list[str]:
    """Every boundary: in the open transaction, and after the commit."""
    return [f"{kind}|{when}" for kind in BOUNDARIES for when in ("before", "after")]


class Walk:
    """One migration, its people, and what breaks."""

    def __init__(self, place: Path, variants: int) -> None:
        from fleet.launch.servers import ensure

        self.place, self.variants = place, variants
        self.servers = ensure(place / "servers", throwaway=True)
        os.environ.update(
            DATABASE_URL=str(self.servers.database_url), REDIS_URL=str(self.servers.redis_url),
            FLEET_LOCAL="1", SECRET_KEY="walk", DJANGO_SETTINGS_MODULE="fleet.settings",
            FLEET_LEASE_SECONDS=str(LEASE_SECONDS), FLEET_RECONCILE_SECONDS="0.5",
            FLEET_DATA=str(place / "data"), FLEET_MUST_PASS_REPEATS="1", FLEET_CONFIRM_REPEATS="1",
        )  # fmt: skip
        import django

        django.setup()
        self.random = random.Random(0)
        self.crew: list[Any] = []
        self.resumed: list[tuple[str, float]] = []
        self.workers = 0
        self.rang = self.begun = time.monotonic()

    def say(self, line: str) -> None:
        """Print a line of the report with its time."""
        print(f"{time.monotonic() - self.begun:7.1f} s  {line}", flush=True)

    def prepare(self, waves: int) -> None:
        """A fleet, a suite that decides, a campaign with canary and watch."""
        from django.core.management import call_command

        from fleet.campaign.actions import open_campaign
        from fleet.campaign.models import Campaign
        from registry.models import Contact
        from tests.builders import build_fleet, make_user

        call_command("migrate", verbosity=0, interactive=False)
        self.fleet = build_fleet(tenants=self.variants, cases=CASES)
        # Customers of much revenue need two approvals.
        self.approvers = [self.fleet.policy_owner, make_user("policy_owner", "second")]
        for variant in self.fleet.variants:
            tenant = variant.tenant
            assert tenant is not None
            tenant.owners.add(self.fleet.manager)
            Contact.objects.get_or_create(
                tenant=tenant, email=f"{tenant.slug}@customer.example", defaults={"name": "Ana"}
            )
        self.fleet.manager.__dict__.pop("own_tenant_ids", None)
        self.campaign = open_campaign(
            source=self.fleet.old, target=self.fleet.new, name="Walk", by=self.fleet.engineer
        )
        Campaign.objects.filter(pk=self.campaign.pk).update(plan=PLAN, watch_hours=1)
        self.waves = self._in_waves(waves)
        self.say(f"{self.campaign.tracks.count()} tracks are open")

    def _in_waves(self, number: int) -> list[Any]:
        """Waves of about the same size, all of them paused."""
        from fleet.campaign.actions import pause

        made = [self.campaign.waves.create(number=one + 1) for one in range(number)]
        for place, track in enumerate(self.campaign.tracks.order_by("variant_id")):
            track.wave = made[place % number]
            track.save(update_fields=["wave"])
        for wave in made:
            pause(wave, by=self.fleet.engineer, why="Not its turn yet.")
        return made

    def env(self, **more: str) -> dict[str, str]:
        """What the processes of this walk are started with."""
        return {"FLEET_SIMULATOR_URL": self.simulator, **more}

    def start(self) -> None:
        """The simulated model and two beats."""
        from tests import live

        self.model = live.simulator(self.place / "simulator.log")
        self.simulator = self.model.__enter__()
        for number in (1, 2):
            self.crew.append(live.start_beat(self.env(), self.place / f"beat{number}.log"))

    def worker(self) -> None:
        """One more worker that dies where it is told to; returns once it takes work."""
        from tests import live

        env = self.env(FLEET_DIE_AT=str(self.armed), FLEET_DIED=str(self.note))
        self.workers += 1
        log = self.place / f"worker{self.workers}.log"
        self.crew.append(live.Process("-m", "tests.faults.dying", env=env, log=log))
        self.go_on(lambda: " ready." in log.read_text(), "a worker is ready")

    @property
    def armed(self) -> Path:
        """What a worker dies at."""
        return self.place / "armed"

    @property
    def note(self) -> Path:
        """Where a dying worker says at what it died."""
        return self.place / "died.json"

    def people(self) -> None:
        """What people would do by now: sign, approve, schedule, and wait a watch out."""
        from django.utils import timezone

        from fleet.campaign.actions import approve_batch, record_sign_off, schedule
        from fleet.campaign.models import Track, TrackStage
        from fleet.letter.actions import send_letters
        from fleet.letter.models import Letter

        mine = Track.objects.filter(campaign=self.campaign).select_related("campaign", "variant")
        waiting = list(mine.filter(stage=TrackStage.AWAITING_SIGN_OFF))
        send_letters(waiting, "evidence", by=self.fleet.manager)
        for person in self.approvers:
            approve_batch(waiting, by=person, reason="")
        asked = Letter.objects.filter(sent_at__isnull=False, kind="evidence").values("track")
        for track in mine.filter(stage=TrackStage.AWAITING_SIGN_OFF, pk__in=asked):
            record_sign_off(
                track, decision="approved", contact_name="Ana", reference="mail",
                by=self.fleet.manager,
            )  # fmt: skip
        for track in mine.filter(stage=TrackStage.SIGNED_OFF):
            soon = timezone.now() + dt.timedelta(seconds=1)
            schedule(track, at=soon, by=self.fleet.engineer)
        mine.filter(stage=TrackStage.WATCHED, watch_until__gt=timezone.now()).update(
            watch_until=timezone.now()
        )

    def deliver_again(self) -> None:
        """Ring five times for some of what is or was owed."""
        from registry import work
        from registry.models import WorkItem

        if time.monotonic() - self.rang < 2:
            return
        self.rang = time.monotonic()
        newest = WorkItem.objects.order_by("-pk").values_list("pk", flat=True)[:200]
        some = self.random.sample(list(newest), min(5, len(newest)))
        work.ring([pk for pk in some for _ in range(5)])

    def go_on(self, until: Any, what: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Live on until something holds; what is live is looked at all the while."""
        from django.db import OperationalError, close_old_connections

        end = time.monotonic() + seconds
        while True:
            try:
                self.people()
                self.deliver_again()
                self.never_two_live()
                if until():
                    return
            except OperationalError:
                close_old_connections()
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds:g} s: {what}")
            time.sleep(0.1)

    def never_two_live(self) -> None:
        """At most one live release and one canary a variant, at any time."""
        from fleet.release.models import Release

        for stage in ("live", "canary"):
            live = Counter(Release.objects.filter(stage=stage).values_list("variant", flat=True))
            assert not live or max(live.values()) == 1, f"two are {stage}"

    def kill_at(self, point: str, wave: Any) -> None:
        """Let a wave go and one worker die on its way; the other has to do what it left."""
        from fleet.campaign.actions import resume
        from registry.models import WorkItem

        self.note.unlink(missing_ok=True)
        self.armed.write_text(point)
        resume(wave, by=self.fleet.engineer)
        self.go_on(self.note.exists, f"a worker dies at {point}")
        died = json.loads(self.note.read_text())
        mine = WorkItem.objects.filter(pk=died["item"], state="done")
        self.go_on(mine.exists, f"resumed after {point}")
        after = mine.get().finished_at.timestamp() - died["at"]  # type: ignore[union-attr]
        self.resumed.append((point, after))
        self.say(f"killed at {point}: done {after:.1f} s after the kill")
        self.worker()

    def redis_away(self, seconds: float) -> None:
        """Redis stops, comes back and has forgotten everything."""
        import redis

        self._end("redis")
        time.sleep(seconds)
        self.servers.revive()
        redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()
        self.say(f"Redis was away for {seconds:g} s and is empty")

    def restart_postgresql(self) -> None:
        """The database goes down under everybody and comes back."""
        from django.db import connection

        self._end("postgres")
        self.servers.revive()
        connection.close()
        self.say("PostgreSQL was restarted")

    def _end(self, name: str) -> None:
        for one in self.servers.embedded:
            if name in one.server.name.lower() and one.child is not None:
                one.child.stop()

    def done(self) -> bool:
        """Whether every track is through, or a person's to mend."""
        from fleet.campaign.models import Track

        stages = set(
            Track.objects.filter(campaign=self.campaign).values_list("stage", flat=True)
        )  # fmt: skip
        return stages <= {"done", "needs_work"}

    def nothing_owed(self) -> bool:
        """Whether every work item is done."""
        from registry.models import WorkItem

        return not WorkItem.objects.exclude(state="done").exists()

    def stop(self) -> None:
        """End every process."""
        for one in self.crew:
            one.kill()
        self.model.__exit__(None, None, None)
        self.servers.stop(at_once=True)


def wrong(walk: Walk) -> list[str]:
    """What a day without faults would not have left."""
    from fleet.campaign.models import Track
    from fleet.letter.models import Letter
    from fleet.models import LocalMail
    from fleet.release.models import Release, Served
    from registry.models import Event, WorkItem

    found = []
    tracks = list(Track.objects.filter(campaign=walk.campaign).select_related("revision"))
    for track in tracks:
        if track.stage != "done":
            found.append(f"{track} is {track.stage}: {track.held_why}")
        live = Release.objects.filter(variant=track.variant_id, stage="live")
        if [one.revision_id for one in live] != [track.revision_id]:
            found.append(f"{track} serves something else")
        if Served.objects.get(variant=track.variant_id).sha256 != track.revision.sha256:
            found.append(f"{track} is served another text")
        if Release.objects.filter(revision=track.revision).count() != 1:
            found.append(f"{track} was released more than once")
    told = Counter(
        Event.objects.filter(subject_type="track").values_list("verb", "subject_id")
    )  # fmt: skip
    found += [f"{count} times {verb} of {pk}" for (verb, pk), count in told.items() if count > 1]
    widened = Counter(
        Event.objects.filter(verb="release.widened").values_list("subject_id", flat=True)
    )
    found += [f"widened {count} times" for count in widened.values() if count != len(PLAN) - 1]
    mails = Counter(LocalMail.objects.values_list("to", "subject"))
    found += [f"{count} mails “{what}” to {to}" for (to, what), count in mails.items() if count > 1]
    unsent = Letter.objects.filter(sent_at__isnull=True)
    found += [f"not sent: {letter} {letter.problem}" for letter in unsent]
    left = WorkItem.objects.exclude(state="done")
    found += [f"still {item.state}: {item.key} {item.last_error}" for item in left]
    return found


def report(walk: Walk) -> list[str]:
    """Counts, the slowest resumption, and what is wrong."""
    from fleet.campaign.models import Track
    from fleet.models import LocalMail
    from registry.models import Event

    tracks = Track.objects.filter(campaign=walk.campaign)
    walk.say(f"{tracks.filter(stage='done').count()} of {tracks.count()} tracks are done")
    walk.say(f"{Event.objects.filter(verb='track.cut_over').count()} cutovers told of")
    walk.say(f"{LocalMail.objects.count()} mails")
    slowest = max((seconds for _, seconds in walk.resumed), default=0.0)
    walk.say(f"{len(walk.resumed)} kills; the slowest was made good after {slowest:.1f} s")
    return wrong(walk)


def where(walk: Walk) -> str:
    """Where everything stands, for whoever has to find out why it does not move."""
    from fleet.campaign.models import Track
    from registry.models import Event, WorkItem

    stages = Counter(Track.objects.filter(campaign=walk.campaign).values_list("stage", flat=True))
    held = set(Track.objects.filter(campaign=walk.campaign).values_list("held_why", flat=True))
    held |= set(Event.objects.filter(verb="track.cut_over_refused").values_list("why", flat=True))
    left = WorkItem.objects.exclude(state="done").order_by("pk")[:10]
    owed = [f"{one.state} {one.key} {one.attempts} {one.last_error}" for one in left]
    log = (walk.place / f"worker{walk.workers}.log").read_text().splitlines()[-30:]
    return "\n".join([str(dict(stages)), *filter(None, held), *owed, *log])


def main(arguments: list[str]) -> int:
    """Walk, and say what is wrong; 1 where anything is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--variants", type=int, default=47)
    parser.add_argument("--kills", type=int, default=0, help="0: every boundary")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--outage", type=float, default=60.0, help="seconds without Redis")
    chosen = parser.parse_args(arguments)
    wanted = points()
    if chosen.kills:
        picked = random.Random(chosen.seed).sample(wanted, chosen.kills)
        wanted = [point for point in wanted if point in picked]
    with tempfile.TemporaryDirectory(prefix="walk-") as place:
        walk = Walk(Path(place), chosen.variants)
        try:
            return walked(walk, wanted, chosen.outage)
        except AssertionError as stuck:
            print(f"WRONG: {stuck}\n{where(walk)}")
            return 1
        finally:
            walk.stop()


def walked(walk: Walk, wanted: list[str], outage: float) -> int:
    """Every wanted kill; Redis away after the first, PostgreSQL restarted in mid-cutover."""
    walk.prepare(len(wanted))
    walk.start()
    cutover = next((p for p in wanted if p.startswith("track_step:c")), wanted[-1])
    for _ in range(2):
        walk.worker()
    for point, wave in zip(wanted, walk.waves, strict=True):
        walk.kill_at(point, wave)
        if point == wanted[0]:
            walk.redis_away(outage)
        if point == cutover:
            walk.restart_postgresql()
    walk.go_on(
        walk.done, "every track is through", seconds=max(PATIENCE_SECONDS, 8 * walk.variants)
    )
    walk.go_on(walk.nothing_owed, "nothing is owed")
    found = report(walk)
    for line in found[:40]:
        print("WRONG:", line)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
