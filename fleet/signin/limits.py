"""How often somebody may get a sign-in wrong before they have to wait.

Counted per username and per address, whether the username exists or not, so that a refusal
tells nobody which usernames there are.
"""

from __future__ import annotations

import hashlib
import unicodedata

from django.http import HttpRequest

from fleet import tries

SECONDS = 15 * 60
"""The while in which tries are counted, from the first wrong one on."""

PER_ACCOUNT = 10
"""Wrong passwords of one username in that while. 10 leaves room for a forgotten password; a
guesser gets under a thousand a day. The price: a stranger who knows a username can keep its owner
from signing in anew for a while; who is signed in stays so."""

PER_ADDRESS = 50
"""Wrong sign-ins from one address over all usernames: an office shares one."""

PREFIX = "fleet:signin:"


def seconds_to_wait(request: HttpRequest, username: str) -> int:
    """Count a try; the seconds until the next is looked at, 0 when this one is.

    Counted before the password is looked at: tries at the same moment all count.
    """
    address = tries.count(_of_address(request), SECONDS)
    account = tries.count(_of_account(username), SECONDS)
    waits = [(address, PER_ADDRESS), (account, PER_ACCOUNT)]
    return max((tried.seconds_left for tried, most in waits if tried.times > most), default=0)


def came_in(request: HttpRequest, username: str) -> None:
    """The password was right: the account starts afresh, the address has this try back.

    Not more than that: who has one account must not guess others' for ever by using it.
    """
    tries.forget(_of_account(username))
    tries.give_back(_of_address(request))


def _of_account(username: str) -> str:
    """A key of fixed length that holds nothing somebody typed into the wrong field."""
    plain = unicodedata.normalize("NFKC", username).strip().casefold()
    return f"{PREFIX}account:{hashlib.sha256(plain.encode()).hexdigest()}"


def _of_address(request: HttpRequest) -> str:
    return f"{PREFIX}address:{tries.address_of(request)}"
