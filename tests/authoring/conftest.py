"""What the tests of the overlay form share."""

from __future__ import annotations

import pytest
from django.test import Client

from registry.models import Variant
from tests.builders import Fleet


@pytest.fixture
def variant(fleet: Fleet) -> Variant:
    """A customer of the manager's."""
    return fleet.variants[0]


@pytest.fixture
def manager(client: Client, fleet: Fleet) -> Client:
    """A browser signed in as the customer-success manager."""
    client.force_login(fleet.manager)
    return client


@pytest.fixture
def engineer(fleet: Fleet) -> Client:
    """A second browser, signed in as the prompt engineer."""
    client = Client()
    client.force_login(fleet.engineer)
    return client
