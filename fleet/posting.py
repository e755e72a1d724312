"""Post JSON to an address outside: bounded in time and size, no redirect, no proxy, no cookie.

Every socket is made through the caller's `permit`, which sees the very address that is about
to be connected to, while SNI and Host keep the name. So it does not matter what a name led to
when it was looked at before: one that answers differently later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import yarl

TOTAL_SECONDS = 10.0
"""For everything, from the look-up to the answer's last byte: a receiver that needs longer
should put the work aside and answer first. Well under the lease of a work item."""

CONNECT_SECONDS = 4.0

ANSWER_BYTES = 4_096
"""How much of an answer is read and kept."""

PORTS = {"https": 443, "http": 80}

ALWAYS = {
    "Content-Type": "application/json", "User-Agent": "prompt-fleet",
    "Accept-Encoding": "identity",
}  # fmt: skip


class UnusableAddress(Exception):
    """No address that may be posted to; the message says why and never quotes it."""


class NotReached(Exception):
    """No answer came; the message says why in a sentence and never quotes the address."""


@dataclass(frozen=True)
class Address:
    """Where to post, taken apart once. `target`: path and query, percent-encoded."""

    scheme: str
    host: str
    port: int
    target: str


@dataclass(frozen=True)
class Answer:
    """What came back: the status and the beginning of the body."""

    status: int
    body: str

    @property
    def taken(self) -> bool:
        """Whether the receiver says it has it."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


Permit = Callable[[str], bool]
"""An IP address in text -> whether it may be connected to."""


def parse(url: str) -> Address:
    """Take an address apart. Raises UnusableAddress for what two readers may read differently."""
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in ODD):
        raise UnusableAddress("The address holds a character that an address cannot hold.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise UnusableAddress("This is no address.") from None
    if parts.scheme not in PORTS or not host or "%" in host:
        raise UnusableAddress("The address has to begin with https:// and a host name.")
    if "@" in parts.netloc or parts.fragment:
        raise UnusableAddress("The address may hold no user name, password or fragment.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.scheme, host, PORTS[parts.scheme] if port is None else port, target)


ODD = '\\ "<>^`{|}'


def anywhere(_: str) -> bool:
    """The permit of an address that the environment itself names."""
    return True


def post(
    address: Address, body: bytes, headers: Mapping[str, str], *, permit: Permit = anywhere
) -> Answer:
    """Post JSON and read the beginning of the answer. Raises NotReached."""
    refused: list[str] = []
    try:
        return asyncio.run(_post(address, body, headers, _guard(permit, refused)))
    except TimeoutError:
        raise NotReached(f"No answer within {TOTAL_SECONDS:.0f} seconds.") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NotReached(NOT_PERMITTED if refused else _in_words(error)) from None


async def _post(
    address: Address, body: bytes, headers: Mapping[str, str], make_socket: Any
) -> Answer:
    connector = aiohttp.TCPConnector(
        resolver=aiohttp.ThreadedResolver(), use_dns_cache=False, force_close=True,
        socket_factory=make_socket,
    )  # fmt: skip
    session = aiohttp.ClientSession(
        connector=connector, trust_env=False, auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    )  # fmt: skip
    async with session:
        asked = session.post(
            _as_url(address), data=body, headers={**ALWAYS, **headers}, allow_redirects=False
        )
        async with asked as answer:
            return Answer(answer.status, await _beginning(answer))


def _guard(permit: Permit, refused: list[str]) -> Any:
    """Makes a socket for an address that is permitted; notes the others."""

    def make(info: Any) -> socket.socket:
        family, kind, protocol, _, place = info
        if not permit(place[0]):
            refused.append(place[0])
            raise OSError(NOT_PERMITTED)
        return socket.socket(family, kind, protocol)

    return make


async def _beginning(answer: aiohttp.ClientResponse) -> str:
    read = b""
    while len(read) < ANSWER_BYTES:
        part = await answer.content.read(ANSWER_BYTES - len(read))
        if not part:
            break
        read += part
    return read.decode("utf-8", "replace").replace("\x00", "\ufffd")  # text cannot hold a NUL


def _as_url(address: Address) -> yarl.URL:
    host = f"[{address.host}]" if ":" in address.host else address.host
    url = yarl.URL(f"{address.scheme}://{host}:{address.port}{address.target}", encoded=True)
    if (url.host, url.port) != (address.host, address.port):
        raise ValueError("Two readers see two different hosts in it.")
    return url


NOT_PERMITTED = "The name leads to an address that may not be told (inside the house, or reserved)."


def _in_words(error: Exception) -> str:
    """What went wrong, without the address in it."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "The host name is not known."
    if isinstance(error, aiohttp.ClientSSLError | aiohttp.ClientConnectorCertificateError):
        return "Its certificate is not valid, or it speaks no TLS."
    if isinstance(error, aiohttp.ClientConnectorError):
        return "Nothing answers there."
    return "The connection broke off, or the answer was no proper HTTP."
