"""How fast prompts are fetched: python -m tests.bench.bench_fetch [SECONDS] [CLIENTS].

The product as `up` starts it, a key on every request, 16 clients at random tenants; against a
bare Django view under WSGI on the same server program, workers and threads, in the same run.
Aims with 10,000 variants: at least 1/5 of the bare view's rate, p99 at most 10 times its p99;
p50 at 100,000 variants at most 1.15 times p50 at 100; a 304 in at most 150 bytes and not slower
than a 200.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.database import throwaway_database  # noqa: E402
from tests.bench.load import Load, request, run  # noqa: E402

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
CLIENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 16
SIZES = (100, 10_000, 100_000)
ROUNDS = 3
PATH = "/api/v1/prompts/support-triage?tenant=bench-{}"


def main() -> None:
    """Fill, measure, print the ratios."""
    with throwaway_database():
        from tests.bench.scale import build
        from tests.live import database_url

        build(1, 1, 1)
        key = _key()
        os.environ["DATABASE_URL"] = database_url()
        with server("bare", *_bare_site()) as bare_port, server("healthz", *_site()) as port:
            floors: dict[int, float] = {}
            middle: dict[int, float] = {}
            for before, size in pairwise((0, *SIZES)):
                fill_to(before, size)
                turns = [(bare(bare_port), fetch(port, key, size)) for _ in range(ROUNDS)]
                floor, best = _best([one for one, _ in turns]), _best([one for _, one in turns])
                print(f"{size:>7,} variants: {best}")
                floors[size], middle[size] = floor.percentile(0.5), best.percentile(0.5)
                if size == 10_000:
                    compare(port, bare_port, key, size)
            small, large = SIZES[0], SIZES[-1]
            grown = middle[large] / middle[small]
            print(f"p50 at {large:,} / at {small}: {grown:.2f} (aim 1.15)")
            # The machine may have more to do at one time than at another; the bare view tells.
            noise = floors[large] / floors[small]
            print(f"the same of the bare view: {noise:.2f}, so by size alone {grown / noise:.2f}")


def compare(port: int, bare_port: int, key: dict[str, str], size: int) -> None:
    """Bare view, 200 and 304 in turns, and their ratios."""
    none, full, same = [], [], []
    tagged = _tagged(port, key, size)
    for _ in range(ROUNDS):
        none.append(bare(bare_port))
        full.append(fetch(port, key, size))
        same.append(run(port, tagged, clients=CLIENTS, seconds=SECONDS))
    floor, best, light = _best(none), _best(full), _best(same)
    print(f"   bare: {floor}\n    200: {best}\n    304: {light}")
    print(f"rate / bare: {best.rate / floor.rate:.2f} (aim 0.20)")
    print(f"p50 / bare: {best.percentile(0.5) / floor.percentile(0.5):.1f}")
    print(f"p99 / bare: {best.percentile(0.99) / floor.percentile(0.99):.1f} (aim 10)")
    print(f"304 / 200: rate {light.rate / best.rate:.2f} (aim 1.0)")
    print(f"304: {light.head_bytes} bytes (aim 150)")


def bare(port: int) -> Load:
    """One run against the bare view."""
    return run(port, [request("/bare", {})], clients=CLIENTS, seconds=SECONDS)


def fetch(port: int, key: dict[str, str], size: int) -> Load:
    """One run over all tenants at random."""
    requests = [request(PATH.format(n), key) for n in range(1, size + 1)]
    return run(port, requests, clients=CLIENTS, seconds=SECONDS)


def _best(runs: list[Load]) -> Load:
    """The run that the machine's other work disturbed least."""
    return max(runs, key=lambda one: one.rate)


def _tagged(port: int, key: dict[str, str], size: int) -> list[bytes]:
    """Requests that hold the right entity tag, for some hundred tenants."""
    found = []
    for n in range(1, size + 1, max(1, size // 300)):
        asked = urllib.request.Request(f"http://127.0.0.1:{port}{PATH.format(n)}", headers=key)
        with urllib.request.urlopen(asked) as answer:
            tag = answer.headers["ETag"]
        found.append(request(PATH.format(n), {**key, "If-None-Match": tag}))
    return found


def _key() -> dict[str, str]:
    from fleet.delivery.keys import create_api_key

    _, secret = create_api_key(name="bench", scopes=["prompts:read"])
    return {"Authorization": f"Bearer {secret.bearer}"}


def fill_to(before: int, after: int) -> None:
    """So many variants, and how long that took."""
    from tests.bench.served import fill

    begun = time.perf_counter()
    fill(before + 1, after)
    print(f"filled to {after:,} in {time.perf_counter() - begun:.0f} s")


def _site() -> list[str]:
    """The product's own command line, but for the port."""
    from fleet.launch.programs import Programs

    return Programs(Path("."), "127.0.0.1", 0, None).web().command


def _bare_site() -> list[str]:
    from fleet.launch.programs import WEB_WORKERS
    from fleet.settings import WEB_THREADS

    command = [sys.executable, "-m", "granian", "tests.bench.bare:application", "--interface"]
    command += ["wsgi", "--no-ws", "--workers", str(WEB_WORKERS)]
    return [*command, "--blocking-threads", str(WEB_THREADS), "--host", "127.0.0.1", "--port", "0"]


@contextmanager
def server(page: str, *command: str) -> Iterator[int]:
    """A server program on a free port, up (its page answers) when this is entered."""
    from fleet.launch.child import Child
    from tests.live import free_port, until

    port = free_port()
    words = [str(port) if before == "--port" else word for before, word in _pairs(command)]
    child = Child(
        words, log=Path(tempfile.gettempdir(), f"bench-{page}.log"), env=dict(os.environ), cwd=ROOT
    )
    try:
        until(lambda: _answers(f"http://127.0.0.1:{port}/{page}"), seconds=180, what=page)
        yield port
    finally:
        child.stop()


def _pairs(words: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(zip(("", *words), words, strict=False))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    main()
