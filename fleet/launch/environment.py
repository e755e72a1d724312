"""Where the checkout is, and the environment variables that settings read."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def name_servers(database_url: str | None, redis_url: str | None) -> None:
    """Put the URLs of embedded servers where settings read them."""
    if database_url:
        os.environ["DATABASE_URL"] = database_url
    if redis_url:
        os.environ["REDIS_URL"] = redis_url


def be_local(secret: str) -> None:
    """One-machine mode: plain HTTP on localhost, with this key unless there is one."""
    os.environ.setdefault("SECRET_KEY", secret)
    os.environ.setdefault("FLEET_LOCAL", "1")
