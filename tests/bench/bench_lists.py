"""How long a list of 100 rows takes the server: python -m tests.bench.bench_lists.

Aims: at most 60 ms at 10,000 variants, and at most 1.3 times what it takes at 100. Measured in
process, template included, as the median over rounds; the floor is reading 100 rows by key.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.database import throwaway_database  # noqa: E402

SMALL, LARGE = (100, 1, 1), (834, 12, 1)
ROUNDS = 15
PAGES = {
    "home, by revenue": "/",
    "home, page 3": "/?page=3",
    "home, one segment": "/?segment=retail",
    "home, searched": "/?q=scale 7",
    "home, by customer": "/?sort=tenant",
    "home, by state": "/?sort=state",
    "table, by revenue": "hx /",
    "table, page 3": "hx /?page=3",
    "table, one segment": "hx /?segment=retail",
    "table, searched": "hx /?q=scale 7",
    "reviews": "/reviews/",
    "drift": "/drift/",
}


def main() -> None:
    """Measure both sizes in databases of their own, print milliseconds and growth."""
    small, large = _alone(SMALL), _alone(LARGE)
    print(f"{'list':22} {'at 100':>9} {'at 10,008':>9} {'growth':>7}")
    for name in small:
        print(
            f"{name:22} {small[name]:7.1f}ms {large[name]:7.1f}ms {large[name] / small[name]:6.2f}x"
        )


def _alone(size: tuple[int, int, int]) -> dict[str, float]:
    """Measured in a process of its own: a process keeps what it read of one database."""
    command = [sys.executable, "-m", "tests.bench.bench_lists", *map(str, size)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout))


def _sized(size: tuple[int, int, int]) -> dict[str, float]:
    with throwaway_database():
        from django.conf import settings
        from django.db import connection
        from django.test import Client

        from registry.models import User
        from tests.bench.scale import build

        gc.freeze()  # as the server does
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        begun = time.perf_counter()
        build(*size)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        print(f"built {size} in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        client = Client(headers={"host": "localhost"})
        client.force_login(User.objects.get(username="ines"))
        found = {
            name: median_ms(lambda page=page: _read(client, page)) for name, page in PAGES.items()
        }
        found["floor: rows by key"] = median_ms(_floor)
        return found


def _read(client: object, page: str) -> None:
    """A whole page, or with `hx ` before it what a change of filter or page asks for."""
    swap, _, address = page.rpartition(" /")
    headers = {"HX-Request": "true", "HX-Target": "fleet"} if swap else {}
    answer = client.get(f"/{address.lstrip('/')}", headers=headers)  # type: ignore[attr-defined]
    assert answer.status_code == 200, f"{page}: {answer.status_code}"


def _floor() -> None:
    from registry.models import Variant

    list(Variant.objects.select_related("tenant", "prompt").order_by("pk")[:100])


def median_ms(act: Callable[[], None]) -> float:
    """The median of ROUNDS runs after two to warm up, in milliseconds."""
    act()
    act()
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        tenants, locales, lanes = map(int, sys.argv[1:])
        print(json.dumps(_sized((tenants, locales, lanes))))
    else:
        main()
