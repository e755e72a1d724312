"""How tests get a database, people and a small fleet."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import HealthCheck
from hypothesis import settings as search

from tests.builders import Fleet, usual_fleet

# Two processors carry browsers and servers beside a search: time says nothing about its examples.
search.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
search.load_profile("busy")


def pytest_configure() -> None:
    """Hash test passwords fast, and let a transactional test empty append-only tables.

    TRUNCATE of those is refused by trigger, in test databases too. Flushing between
    tests runs as a replica for that one transaction, which only a superuser may do:
    the embedded server's owner is one, an application's role in production is not.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.KEEP_FIGURES = False  # a test's rows are rolled back without an event
    flush = DatabaseOperations.execute_sql_flush

    def flush_as_replica(self: DatabaseOperations, sql_list: list[str]) -> None:
        flush(self, ["SET LOCAL session_replication_role = replica;", *sql_list])

    DatabaseOperations.execute_sql_flush = flush_as_replica


@pytest.fixture
def fleet(db: None) -> Fleet:
    """Three tenants with a live variant each of one prompt, and one person a role."""
    return usual_fleet()
