"""Which addresses may be told: a list of hosts, ports, and what a name may lead to. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from fleet.posting import Address, UnusableAddress, parse

USUAL_PORTS = frozenset({80, 443, 8443})
"""Ports of a host that is allowed without one; any other is listed as `host:port`."""

NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 that a translator turns into IPv4 of any kind (RFC 6052)."""


def destination(url: str, allowed: Sequence[str], *, local: bool) -> Address:
    """The address taken apart, if it may be told at all. Raises UnusableAddress.

    `local`: the product runs on one machine for itself; only then plain http is good enough.
    """
    address = parse(url)
    if address.scheme != "https" and not local:
        raise UnusableAddress("The address has to begin with https://.")
    hosts = {entry.lower() for entry in allowed}
    named = f"[{address.host}]" if ":" in address.host else address.host
    if f"{named}:{address.port}" in hosts:
        return address
    if named not in hosts:
        raise UnusableAddress(
            f"“{address.host}” is not on the list of hosts that may be told. An operator of the "
            "server adds it to WEBHOOK_ALLOWED_HOSTS."
        )
    if address.port not in USUAL_PORTS:
        raise UnusableAddress(
            f"Port {address.port} is none of the usual ones (443, 80, 8443). An operator of the "
            f"server adds “{named}:{address.port}” to WEBHOOK_ALLOWED_HOSTS."
        )
    return address


def may_connect(host: str, found: str, *, local: bool) -> bool:
    """Whether the address that `host` leads to just now may be connected to.

    Only what is public and unicast. `localhost` and addresses of this machine, named as such,
    are good on a machine that serves itself alone (`local`).
    """
    try:
        place = ipaddress.ip_address(found.partition("%")[0])
    except ValueError:
        return False
    if local and place.is_loopback and _names_this_machine(host):
        return True
    return place.is_global and not place.is_multicast and not _carries_another(place)


def _names_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _carries_another(place: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """IPv6 with an IPv4 address inside: where that leads was not looked at."""
    if isinstance(place, ipaddress.IPv4Address):
        return False
    inside = (place.ipv4_mapped, place.sixtofour, place.teredo)
    return any(one is not None for one in inside) or place in NAT64
