"""What a release's own calls say about it: the seam for live metrics.

Until calls are logged nothing is measured, so nothing speaks for a canary nor against it: it
goes on by hand, or by time with nobody objecting, and every page says that nothing was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fleet.release.models import Release

Kind = Literal["unmeasured", "good", "hold", "bad"]


@dataclass(frozen=True)
class Judgement:
    """`hold`: undecided, too little or lopsided traffic; `bad`: a threshold is broken."""

    kind: Kind
    words: str

    @property
    def holds(self) -> bool:
        """Whether a canary may not go on by itself."""
        return self.kind in ("hold", "bad")


UNMEASURED = Judgement("unmeasured", "Nothing was measured: there are no live metrics yet.")


def judge(release: Release) -> Judgement:
    """What the calls of this release say about it, against its control."""
    return UNMEASURED
