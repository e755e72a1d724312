"""TCP ports of this machine."""

from __future__ import annotations

import socket

from fleet.launch.failure import CannotStart


def free(host: str = "127.0.0.1") -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def refuse_taken(host: str, port: int) -> None:
    """CannotStart where somebody listens on the port or it is not ours to open."""
    with socket.socket() as probe:
        # Lets us pass the closing connections of our own last run, not a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as problem:
            raise CannotStart(f"port {port} needs root: choose one over 1023") from problem
        except (OSError, OverflowError) as problem:
            raise CannotStart(
                f"port {port} is taken: stop what listens there, or choose another with --port N"
                if isinstance(problem, OSError)
                else f"{port} is no port: choose one between 1024 and 65535 with --port N"
            ) from problem
