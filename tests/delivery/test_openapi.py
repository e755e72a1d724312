"""The OpenAPI document is true: whatever it allows is answered as it says, and never by a 5xx."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fleet.delivery.keys import Secret, create_api_key
from tests.builders import Fleet

DOCUMENT = "/api/v1/openapi.json"
EXAMPLES = 12
"""A test of an operation: what is wrong with a declaration shows within the first few."""

CHECKS = [
    schemathesis.checks.not_a_server_error, content_type_conformance, status_code_conformance,
    response_schema_conformance, response_headers_conformance, ignored_auth,
]  # fmt: skip
"""Not that whatever has the right shape is accepted: no shape tells a cursor that was given out."""

DOCUMENTED = {
    "GET /prompts/{slug}", "GET /prompts", "GET /changes", "POST /lint",
    "POST /variants/{variant_id}/rollback",
}  # fmt: skip


@pytest.fixture
def secret(fleet: Fleet) -> Secret:
    """A key that may do everything."""
    scopes = ["prompts:read", "prompts:staging", "lint:run", "releases:write"]
    return create_api_key(name="all", scopes=scopes, by=fleet.operator)[1]


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """A request must not close the connection whose transaction the test stands in."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def operations() -> dict[str, Any]:
    """Each operation of the document, by its method and path below /api/v1."""
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, WSGIHandler())
    found = [result.ok() for result in schema.get_all_operations()]
    return {f"{one.method.upper()} {one.path.removeprefix('/api/v1')}": one for one in found}


def test_every_call_that_there_is_stands_in_the_document(client: Client, db: None) -> None:
    assert operations().keys() >= DOCUMENTED
    document = client.get(DOCUMENT).json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("security"), f"{method} {path} says nothing of its key"
            assert operation.get("description") or operation.get("summary"), path


def test_whatever_the_document_allows_is_answered_as_it_says(
    fleet: Fleet,
    secret: Secret,
    kept_connection: None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A busy machine is not an outage here.
    monkeypatch.setattr("fleet.delivery.wire.WAIT_SECONDS", 30.0)
    caplog.set_level(logging.CRITICAL, logger="django.request")
    headers = {"Authorization": f"Bearer {secret.bearer}"}
    for name, operation in operations().items():
        if name == "GET /changes":
            continue  # never ends; tests/stream asks the server itself

        @settings(
            max_examples=EXAMPLES, derandomize=True, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def answers_as_declared(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        answers_as_declared()
