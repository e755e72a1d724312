"""How often an address may try links that do not exist.

A token has 256 bits, so nobody finds one; the limit spares us the work. A link that exists is
never refused for what somebody else at the same address tried.
"""

from __future__ import annotations

from django.http import HttpRequest

from fleet.tries import address_of, count

MOST = 30
SECONDS = 600
"""So many wrong links from one address in ten minutes; then it is told to wait."""

PREFIX = "fleet:signoff:guesses:"


def too_many(request: HttpRequest) -> bool:
    """Count a wrong link; whether the address has tried too many."""
    return count(f"{PREFIX}{address_of(request)}", SECONDS).times > MOST
