"""The signature, and the example that receivers copy."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fleet.webhook.signing import secret_of, signature

DOCS = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"

BODY = b'{"id":"event-1","verb":"release.promoted"}'
SECRET = "whsec_test"


@pytest.fixture
def is_genuine() -> Callable[[str, dict[str, str], bytes], bool]:
    found = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) == 1
    names: dict[str, Any] = {}
    exec(found[0], names)  # the documentation's own example, as a receiver would run it
    checked: Callable[[str, dict[str, str], bytes], bool] = names["is_genuine"]
    return checked


def headers(timestamp: int | float, secret: str = SECRET, body: bytes = BODY) -> dict[str, str]:
    stamp = int(timestamp)
    return {"Fleet-Timestamp": str(stamp), "Fleet-Signature": signature(secret, stamp, body)}


def test_the_signature_of_a_known_delivery_stays_as_it_is() -> None:
    """Computed apart: printf '1795269600.BODY' | openssl dgst -sha256 -hmac whsec_test."""
    assert signature(SECRET, 1795269600, BODY) == VECTOR


VECTOR = "v1=c091bd2abdad4b5a469798f7a2d8a94ab0360508529d81f6dec3e4c5826640ed"


def test_a_secret_depends_on_site_endpoint_and_generation() -> None:
    secrets = {
        secret_of("key", "one", 1), secret_of("key", "one", 2), secret_of("key", "two", 1),
        secret_of("other", "one", 1),
    }  # fmt: skip
    assert len(secrets) == 4
    assert secret_of("key", "one", 1) == secret_of("key", "one", 1)
    assert re.fullmatch(r"whsec_[A-Za-z0-9_-]{43}", secret_of("key", "one", 1))


def test_the_documented_example_takes_what_is_genuine(is_genuine: Any) -> None:
    assert is_genuine(SECRET, headers(time.time()), BODY)
    assert is_genuine(SECRET, headers(time.time() - 290), BODY)


def test_the_documented_example_refuses_the_rest(is_genuine: Any) -> None:
    now = time.time()
    assert not is_genuine(SECRET, headers(now), BODY + b" ")
    assert not is_genuine("whsec_other", headers(now), BODY)
    assert not is_genuine(SECRET, headers(now - 310), BODY)
    assert not is_genuine(SECRET, headers(now + 310), BODY)
    assert not is_genuine(SECRET, headers(now) | {"Fleet-Timestamp": str(int(now) + 1)}, BODY)
    assert not is_genuine(SECRET, {}, BODY)
    assert not is_genuine(SECRET, headers(now) | {"Fleet-Signature": "v1=\u00e9"}, BODY)


def test_the_documented_example_passes_over_schemes_it_does_not_know(is_genuine: Any) -> None:
    given = headers(time.time())
    given["Fleet-Signature"] = f"v2=abc, {given['Fleet-Signature']}"
    assert is_genuine(SECRET, given, BODY)
