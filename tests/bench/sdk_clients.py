"""Applications with the SDK: python -m tests.bench.sdk_clients PORT KEY COUNT STREAM(0 or 1).

Every client asks for the same prompt every few milliseconds, as calls come in. Prints `ready`;
at each line on standard input it prints one JSON line: release -> when each client had it.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict

from registry.client import PromptClient

SLUG, TENANT = "support-triage", "tenant-0"
EVERY_SECONDS = 0.01


def main(port: int, key: str, count: int, stream: bool) -> None:
    """Ask, note what is new, and report."""
    url = f"http://127.0.0.1:{port}"
    clients = [PromptClient(url, key, stream=stream) for _ in range(count)]
    held = [client.get(SLUG, tenant=TENANT).release_id for client in clients]
    time.sleep(2.0)  # the streams open
    print(json.dumps({"ready": count}), flush=True)
    seen: dict[str, list[float]] = defaultdict(list)
    lock = threading.Lock()
    threading.Thread(target=report, args=(seen, lock), daemon=True).start()
    while True:
        time.sleep(EVERY_SECONDS)
        for number, client in enumerate(clients):
            release = client.get(SLUG, tenant=TENANT).release_id
            if release != held[number] and release is not None:
                held[number] = release
                with lock:
                    seen[release].append(time.time())


def report(seen: dict[str, list[float]], lock: threading.Lock) -> None:
    """One line for each line that comes in."""
    for _ in sys.stdin:
        with lock:
            print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "1")
