"""The HTTP side of the simulated model server (aiohttp, one process).

Every answer carries ``X-Simulated: true``. Latency can be simulated for all requests
(``--latency-ms``) or for one (``X-Simulate-Latency-Ms: 50``).
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from evals.simulator.completion import BadRequest, complete, error_body
from evals.simulator.faults import Fault, FaultPlan, parse_fault
from evals.simulator.personality import personalities

LARGEST_BODY = 2 * 1024 * 1024  # bytes: ten times the largest prompt read
LONGEST_LATENCY = 60_000.0  # milliseconds

PLAN: web.AppKey[FaultPlan] = web.AppKey("plan", FaultPlan)
LATENCY_MS: web.AppKey[float] = web.AppKey("latency_ms", float)


def make_app(latency_ms: float = 0.0, plan: FaultPlan | None = None) -> web.Application:
    """The server as an application; ``latency_ms`` is waited before each completion."""
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_no_surprises])
    app[PLAN] = plan or FaultPlan()
    app[LATENCY_MS] = latency_ms
    app.router.add_post("/v1/chat/completions", chat_completions)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/healthz", healthz)
    app.router.add_post("/admin/faults", set_faults)
    return app


def _json(body: dict[str, Any], status: int = 200, **headers: str) -> web.Response:
    # ASCII escapes: whatever the request held, lone surrogates too, the answer can be sent.
    text = json.dumps(body).encode("ascii")
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return web.Response(
        body=text, status=status, content_type="application/json",
        headers={"X-Simulated": "true", **named},
    )  # fmt: skip


@web.middleware
async def _no_surprises(request: web.Request, handler: Any) -> web.StreamResponse:
    """Answer every refusal in OpenAI's error shape, aiohttp's own included."""
    try:
        response: web.StreamResponse = await handler(request)
        return response
    except BadRequest as wrong:
        kind = "invalid_request_error"
        return _json(error_body(str(wrong), kind, wrong.code, wrong.param), wrong.status)
    except web.HTTPException as refused:
        return _json(error_body(refused.reason, "invalid_request_error"), refused.status)


async def chat_completions(request: web.Request) -> web.Response:
    """POST /v1/chat/completions, without streaming."""
    fault = _asked_fault(request) or request.app[PLAN].draw()
    latency = _latency_ms(request)
    if latency:
        await asyncio.sleep(latency / 1000)
    if fault:
        return await _act_out(fault)
    return _json(complete(await _body(request)))


async def models(request: web.Request) -> web.Response:
    """GET /v1/models: the simulated models and what they are like."""
    data = [
        {
            "id": one.model,
            "object": "model",
            "created": one.created,
            "owned_by": "simulator",
            "simulated": True,
            "personality_version": one.version,
            "about": one.about.strip(),
        }
        for one in personalities().values()
    ]
    return _json({"object": "list", "data": data})


async def healthz(request: web.Request) -> web.Response:
    """GET /healthz: alive, and how many models it plays."""
    return _json({"status": "ok", "simulated": True, "models": len(personalities())})


async def set_faults(request: web.Request) -> web.Response:
    """POST /admin/faults: change how often requests fail from now on."""
    body = await _body(request)
    try:
        rate = float(body.get("rate", 0)) if isinstance(body, dict) else float("nan")
        fault = parse_fault(str(body.get("kind", "500"))) if isinstance(body, dict) else None
    except (TypeError, ValueError) as wrong:
        raise BadRequest(str(wrong)) from wrong
    if not 0 <= rate <= 1 or fault is None:
        raise BadRequest('Send {"rate": 0.1, "kind": "429;retry-after=1"}; the rate is 0 to 1.')
    plan = request.app[PLAN]
    plan.rate, plan.fault = rate, fault
    return _json({"rate": rate, "kind": fault.kind})


async def _body(request: web.Request) -> object:
    raw = await request.read()  # raises HTTPRequestEntityTooLarge beyond LARGEST_BODY
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as wrong:
        raise BadRequest("The request body is not valid JSON.") from wrong


def _asked_fault(request: web.Request) -> Fault | None:
    try:
        return parse_fault(request.headers.get("X-Simulate-Fault", ""))
    except ValueError as wrong:
        raise BadRequest(str(wrong), param="X-Simulate-Fault") from wrong


def _latency_ms(request: web.Request) -> float:
    asked = request.headers.get("X-Simulate-Latency-Ms")
    if asked is None:
        return request.app[LATENCY_MS]
    try:
        value = float(asked)
    except ValueError:
        value = -1.0
    if not 0 <= value <= LONGEST_LATENCY:
        raise BadRequest("X-Simulate-Latency-Ms is a number from 0 to 60000.")
    return value


async def _act_out(fault: Fault) -> web.Response:
    if fault.kind == "429":
        body = error_body("Simulated rate limit.", "rate_limit_error", "rate_limit_exceeded")
        return _json(body, 429, Retry_After=f"{fault.retry_after:g}")
    if fault.kind == "hang":
        await asyncio.sleep(fault.seconds)
    return _json(error_body("Simulated server error.", "server_error"), 500)
