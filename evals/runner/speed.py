"""How quickly answers come, so that what waits lasts until the next look. Pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

WINDOW_SECONDS = 1.0


class Speed:
    """Answers of each provider within the last second. `now`: seconds of any one clock."""

    def __init__(self) -> None:
        self._came: deque[tuple[float, Counter[str]]] = deque()
        self._sum: Counter[str] = Counter()

    def note(self, providers: Iterable[str], now: float) -> None:
        """These providers answered, each as often as it is named."""
        count = Counter(providers)
        self._came.append((now, count))
        self._sum += count
        while self._came[0][0] < now - WINDOW_SECONDS:
            self._sum -= self._came.popleft()[1]

    def of(self, provider: str) -> int:
        """How many came within the last second before the last note."""
        return self._sum[provider]
