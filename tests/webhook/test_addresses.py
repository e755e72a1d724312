"""Which addresses may be told."""

from __future__ import annotations

import pytest

from fleet.posting import UnusableAddress
from fleet.webhook.addresses import destination, may_connect

ALLOWED = ["hooks.example.com", "other.example.com:9443", "localhost:9000"]


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/in?a=%20b",
        "https://hooks.example.com",
        "https://HOOKS.example.com./in",
        "https://hooks.example.com:8443/in",
        "https://other.example.com:9443/in",
    ],
)
def test_a_listed_host_may_be_told(url: str) -> None:
    assert destination(url, ALLOWED, local=False).scheme == "https"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/in",
        "https://example.com/in",
        "https://hooks.example.com.evil.example/in",
        "https://evil.example/hooks.example.com",
        "https://hooks.example.com:22/in",
        "https://hooks.example.com:0/in",
        "https://other.example.com/in",
        "https://hooks.example.com@evil.example/in",
        "https://evil.example\\@hooks.example.com/in",
        "https://evil.example#@hooks.example.com/in",
        "https://hooks.example.com/in#there",
        "https://hooks.example.com /in",
        "https://hooks.example.com\r\nX: y/in",
        "https://hooks.examp\u0142e.com/in",
        "https://hooks%2eexample.com/in",
        "https://hooks.example.com:99999/in",
        "https://[::1/in",
        "ftp://hooks.example.com/in",
        "file:///etc/passwd",
        "//hooks.example.com/in",
        "hooks.example.com",
        "",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(UnusableAddress):
        destination(url, ALLOWED, local=False)


def test_an_empty_list_allows_nothing() -> None:
    with pytest.raises(UnusableAddress, match="WEBHOOK_ALLOWED_HOSTS"):
        destination("https://hooks.example.com/in", [], local=True)


def test_plain_http_is_good_enough_on_one_machine_alone() -> None:
    assert destination("http://localhost:9000/in", ALLOWED, local=True).port == 9000
    with pytest.raises(UnusableAddress):
        destination("http://localhost:9000/in", ALLOWED, local=False)


FORBIDDEN = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "2002:7f00:1::",
    "2001:0:7f00:1::", "127.1", "2130706433", "0x7f.1", "hooks.example.com", "",
]  # fmt: skip


@pytest.mark.parametrize("found", FORBIDDEN)
@pytest.mark.parametrize("local", [True, False])
def test_a_name_may_not_lead_to_anything_but_a_public_address(found: str, local: bool) -> None:
    assert not may_connect("hooks.example.com", found, local=local)


@pytest.mark.parametrize("found", ["8.8.8.8", "93.184.216.34", "2606:4700::1111"])
def test_a_public_address_is_good(found: str) -> None:
    assert may_connect("hooks.example.com", found, local=False)


def test_this_machine_is_told_only_when_named_as_such_and_alone() -> None:
    assert may_connect("localhost", "::1", local=True)
    assert may_connect("127.0.0.1", "127.0.0.1", local=True)
    assert not may_connect("localhost", "127.0.0.1", local=False)
    assert not may_connect("localhost", "10.0.0.1", local=True)
    assert not may_connect("169.254.169.254", "169.254.169.254", local=True)
