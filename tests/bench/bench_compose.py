"""Time composing a fleet of 18,000 variants: python -m tests.bench.bench_compose

Floors in the same run: joining the very pieces each text is made of, and that plus the
fingerprint (sha256), which no composing can do without. Aim: 18,000 within 2 s, since a dry
run of a new base composes each variant twice. Processor time, so that a busy machine does not
change the figure.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Sequence

from registry.compose import Composed, Slot, compose

VARIANTS = 18_000
SECONDS = 2.0
RUNS = 3

POLICY = "\n".join(f"{n}. Never do what rule {n} of the platform forbids." for n in range(1, 13))
NAMES = ("tone", "language", "terms", "phrases", "citations", "refusals", "escalation", "notice")
SLOTS = [
    Slot(name, default="As the base has it." if n % 2 else "", before=f"## {name}\n", after="\n")
    for n, name in enumerate(NAMES)
]
BASE = "You help the customers of {{tenant_name}}.\n\n" + "\n".join(
    f"Read the whole message first and answer what is asked in part {n}, no more.\n{{{{> {name}}}}}"
    for n, name in enumerate(NAMES)
)


def overlays() -> list[dict[str, str]]:
    """Three slots filled in each, no two overlays alike."""
    return [
        {
            NAMES[(n + step) % len(NAMES)]: f"Customer {n} wants it done in way {n * step}. " * 4
            for step in range(3)
        }
        for n in range(VARIANTS)
    ]  # fmt: skip


def composed(values: Sequence[dict[str, str]]) -> list[Composed]:
    """What is measured."""
    return [compose(POLICY, BASE, SLOTS, one) for one in values]


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of the fastest run."""
    took = []
    for _ in range(RUNS):
        begun = time.process_time()
        work()
        took.append(time.process_time() - begun)
    return min(took)


def main() -> int:
    """Print the figures; 1 if the aim was missed."""
    values = overlays()
    pieces = [[part.text for part in one.segments] for one in composed(values)]
    join = seconds(lambda: ["".join(parts) for parts in pieces])
    hashed = seconds(lambda: [hashlib.sha256("".join(parts).encode()) for parts in pieces])
    ours = seconds(lambda: composed(values))
    print(f"{VARIANTS:,} variants composed   {ours * 1_000:7.0f} ms")
    print(f"their pieces joined        {join * 1_000:7.0f} ms   {ours / join:.1f}x")
    print(f"joined and fingerprinted   {hashed * 1_000:7.0f} ms   {ours / hashed:.1f}x")
    return int(ours > SECONDS)


if __name__ == "__main__":
    sys.exit(main())
