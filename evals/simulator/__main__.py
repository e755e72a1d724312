"""Run the simulated model server: ``python -m evals.simulator --port 8100``."""

from __future__ import annotations

import argparse

from aiohttp import web

from evals.simulator.faults import FaultPlan, parse_fault
from evals.simulator.server import make_app


def main() -> None:
    """Read the command line and serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m evals.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="wait before each answer")
    parser.add_argument("--fault-rate", type=float, default=0.0, help="share of requests, 0 to 1")
    parser.add_argument("--fault", default="500", help="429;retry-after=1, 500 or hang;seconds=20")
    given = parser.parse_args()
    try:
        fault = parse_fault(given.fault)
    except ValueError as wrong:
        parser.error(str(wrong))
    if fault is None or not 0 <= given.fault_rate <= 1 or given.latency_ms < 0:
        parser.error("--fault-rate is 0 to 1, --latency-ms is 0 or more, --fault is not empty")
    app = make_app(given.latency_ms, FaultPlan(given.fault_rate, fault))
    print(f"Simulated models on http://{given.host}:{given.port}/v1", flush=True)
    web.run_app(app, host=given.host, port=given.port, access_log=None, print=None)


if __name__ == "__main__":
    main()
