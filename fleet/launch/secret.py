"""The SECRET_KEY of a data directory, made once and readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_of(data_dir: Path) -> str:
    """The key of this directory; the first caller makes it, everybody then reads the same."""
    path = data_dir / "secret_key"
    fresh = path.with_name(f"secret_key.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(fresh, path)  # unlike a rename, never replaces another's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii").strip()
