"""An endpoint that listens, and the receiver behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fleet.webhook.actions import Wanted, create_endpoint
from fleet.webhook.models import WebhookEndpoint
from registry.models import User
from tests.builders import make_user
from tests.webhook.receiver import Receiver, receiving


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as found:
        settings.WEBHOOK_ALLOWED_HOSTS = [f"127.0.0.1:{found.port}"]
        yield found


@pytest.fixture
def operator(request: pytest.FixtureRequest, db: None) -> User:
    """The operator of the fleet, where the test has one."""
    if "fleet" in request.fixturenames:
        found: User = request.getfixturevalue("fleet").operator
        return found
    return make_user("operator")


@pytest.fixture
def endpoint(operator: User, receiver: Receiver) -> WebhookEndpoint:
    wanted = Wanted("Billing", receiver.url, ["release.rollback", "review.opened"])
    return create_endpoint(wanted, by=operator)
