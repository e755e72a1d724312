"""The simulated server over real HTTP: shapes, faults on demand, and no failure of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import ClientTimeout
from aiohttp.test_utils import TestClient, TestServer

from evals.simulator.faults import Fault, FaultPlan, parse_fault
from evals.simulator.server import LARGEST_BODY, make_app

MODEL = "sim-aurora-2025-02-11"
BODY = {"model": MODEL, "messages": [{"role": "user", "content": "Where is my parcel?"}]}
COMPLETIONS = "/v1/chat/completions"


def talk(work: Callable[[TestClient], Awaitable[None]], **settings: object) -> None:
    async def run() -> None:
        async with TestClient(TestServer(make_app(**settings))) as client:
            await work(client)

    asyncio.run(run())


def test_same_request_same_bytes_over_http():
    async def work(client: TestClient) -> None:
        first, second = [await client.post(COMPLETIONS, json=BODY) for _ in range(2)]
        assert first.status == 200
        assert first.headers["X-Simulated"] == "true"
        assert await first.read() == await second.read()

    talk(work)


def test_models_and_health():
    async def work(client: TestClient) -> None:
        listed = await (await client.get("/v1/models")).json()
        assert MODEL in {one["id"] for one in listed["data"]}
        assert all(one["simulated"] for one in listed["data"])
        assert (await (await client.get("/healthz")).json())["status"] == "ok"

    talk(work)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b'{"model": "none", "messages": [{"role": "user", "content": "x"}]}', 404),
        (b'{"model": "' + MODEL.encode() + b'", "messages": 3}', 400),
        (b" " * (LARGEST_BODY + 1), 413),
    ],
)
def test_bad_request_gets_an_error_object(data: bytes, status: int):
    async def work(client: TestClient) -> None:
        response = await client.post(COMPLETIONS, data=data)
        assert response.status == status
        assert set((await response.json())["error"]) == {"message", "type", "param", "code"}

    talk(work)


def test_unknown_path_and_method_get_error_objects():
    async def work(client: TestClient) -> None:
        for response in (await client.get("/v1/nothing"), await client.get(COMPLETIONS)):
            assert response.status in (404, 405)
            assert "error" in await response.json()

    talk(work)


def test_nul_and_lone_surrogate_are_answered():
    async def work(client: TestClient) -> None:
        for text in (r"\u0000 refund", r"\ud800 refund"):
            data = json.dumps(BODY).replace("Where is my parcel?", text).encode()
            assert (await client.post(COMPLETIONS, data=data)).status == 200

    talk(work)


def test_429_on_demand_names_when_to_retry():
    async def work(client: TestClient) -> None:
        headers = {"X-Simulate-Fault": "429;retry-after=3"}
        response = await client.post(COMPLETIONS, json=BODY, headers=headers)
        assert (response.status, response.headers["Retry-After"]) == (429, "3")

    talk(work)


def test_500_on_demand():
    async def work(client: TestClient) -> None:
        response = await client.post(COMPLETIONS, json=BODY, headers={"X-Simulate-Fault": "500"})
        assert response.status == 500

    talk(work)


def test_hang_on_demand_outlasts_an_impatient_client():
    async def work(client: TestClient) -> None:
        with pytest.raises(TimeoutError):
            await client.post(
                COMPLETIONS, json=BODY, headers={"X-Simulate-Fault": "hang;seconds=2"},
                timeout=ClientTimeout(total=0.2),
            )  # fmt: skip

    talk(work)


def test_fault_rate_can_be_set_and_taken_back_while_running():
    async def work(client: TestClient) -> None:
        await client.post("/admin/faults", json={"rate": 1, "kind": "429;retry-after=1"})
        assert (await client.post(COMPLETIONS, json=BODY)).status == 429
        await client.post("/admin/faults", json={"rate": 0})
        assert (await client.post(COMPLETIONS, json=BODY)).status == 200

    talk(work)


@pytest.mark.parametrize("body", [{"rate": 2}, {"rate": "x"}, [], {"rate": 1, "kind": "fire"}])
def test_impossible_fault_plan_is_refused(body: object):
    async def work(client: TestClient) -> None:
        assert (await client.post("/admin/faults", json=body)).status == 400

    talk(work)


def test_latency_is_simulated_for_one_request():
    async def work(client: TestClient) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await client.post(COMPLETIONS, json=BODY, headers={"X-Simulate-Latency-Ms": "80"})
        assert loop.time() - started >= 0.08

    talk(work)


@pytest.mark.parametrize("value", ["nan", "-1", "soon", "1e9"])
def test_impossible_latency_is_refused(value: str):
    async def work(client: TestClient) -> None:
        headers = {"X-Simulate-Latency-Ms": value}
        assert (await client.post(COMPLETIONS, json=BODY, headers=headers)).status == 400

    talk(work)


def test_fault_header_is_read_strictly():
    assert parse_fault("") is None
    assert parse_fault("hang; seconds=2") == Fault("hang", seconds=2.0)
    for wrong in ("404", "hang;seconds=nan", "429;retry-after=-1", "hang;seconds=1e9"):
        with pytest.raises(ValueError, match=r"."):
            parse_fault(wrong)


def test_a_plan_of_rate_zero_never_strikes():
    assert {FaultPlan(0.0).draw() for _ in range(100)} == {None}
