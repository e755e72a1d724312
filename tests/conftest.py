"""How tests get a database, people and a small fleet."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as search
from whitenoise.middleware import WhiteNoiseMiddleware

from tests.builders import Fleet, usual_fleet
from tests.sharing import ByFile, turn_of

# Two processors carry browsers and servers beside a search: time says nothing about its examples.
# The examples are the same each time, so that a change is what turns a test red;
# FLEET_SEARCH=1 looks for new ones.
search.register_profile(
    "busy", deadline=None, suppress_health_check=[HealthCheck.too_slow],
    derandomize="FLEET_SEARCH" not in os.environ,
)  # fmt: skip
search.load_profile("busy")


STAYS = {
    "django_migrations", "django_content_type", "auth_permission", "auth_group",
    "auth_group_permissions",
}  # fmt: skip
"""Tables that the migrations fill and no test changes."""


def pytest_configure() -> None:
    """Hash test passwords fast, and empty quickly what a transactional test wrote.

    The static files are read once: each client starts the middleware anew, which looks at all
    230 of them (35 ms). Nothing that came with the collected tests becomes garbage.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.KEEP_FIGURES = False  # a test's rows are rolled back without an event
    TransactionTestCase._fixture_teardown = _empty_what_was_written
    WhiteNoiseMiddleware.add_files_from_finders = _static_files_of_the_first
    gc.disable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """Share the tests out by file."""
    return ByFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=lambda item: turn_of(item.nodeid))


def pytest_collection_finish() -> None:
    """From here on only what tests make is looked through for garbage: half a million stay."""
    gc.freeze()
    gc.enable()


def _static_files_of_the_first(
    self: WhiteNoiseMiddleware,
    read: Callable[[WhiteNoiseMiddleware], None] = WhiteNoiseMiddleware.add_files_from_finders,
    found: dict[str, object] = {},  # noqa: B006 - one for the process is what it is for
) -> None:
    if not found:
        read(self)
        found.update(self.files)
    self.files = dict(found)


def _empty_what_was_written(self: TransactionTestCase) -> None:
    """Delete the rows of every table that has any: flushing all tables takes a second and more.

    Append-only tables refuse it by trigger, in test databases too. It runs as a replica for that
    one transaction, which only a superuser may do: the embedded server's owner is one, an
    application's role in production is not.
    """
    tables = sorted(set(connection.introspection.table_names()) - STAYS)
    asked = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in tables
    )
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(asked)
        for (name,) in cursor.fetchall():
            cursor.execute(f'DELETE FROM "{name}"')


@pytest.fixture
def fleet(db: None) -> Fleet:
    """Three tenants with a live variant each of one prompt, and one person a role."""
    return usual_fleet()
