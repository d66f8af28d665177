"""Two workers act as one program: in limits, ended sessions, metrics and readiness."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest_asyncio

from tests.integration.producer_api.api import JSON, Api
from tests.services.http import http_client
from tests.services.program import Program, running
from tests.services.tokens import service_token, shopper_token
from tests.services.waiting import eventually
from tests.services.workers import pids_of, replaced
from tests.services.world import World

_LIMIT = 40
_CONNECTIONS = 8
_LIST = "/v1/users/me/notifications"


@pytest_asyncio.fixture
async def workers(another: Callable[..., Program]) -> AsyncIterator[Program]:
    """A producer API with two workers."""
    limit = f"{_LIMIT} per hour"
    program = another(PRODUCER_API_WORKERS="2", PRODUCER_API_SHOPPER_RATE_LIMIT=limit)
    async with running(program):
        yield program


async def test_two_workers_are_one_program(workers: Program, world: World) -> None:
    await _limits_hold_together(workers)
    await _ended_sessions_end_everywhere_at_once(workers)
    await _metrics_are_sums(workers)
    await _readiness_names_the_worker_that_is_missing(workers)
    await _creates_in_progress_finish_after_sigterm(workers)
    lines = [event for event in workers.events if event["event"] == "connected to Kafka"]
    assert {line["worker"] for line in lines} == {1, 2}, "each line names its worker"
    assert len(await world.records(world.settings.kafka_topic)) == 20 + _CONNECTIONS


async def _limits_hold_together(workers: Program) -> None:
    statuses = Counter(await _answers(workers, "GET", _LIST, shopper_token("ana"), 20))
    assert set(statuses) == {200, 429}
    assert _LIMIT <= statuses[200] <= _LIMIT + 1, "at most one for each further worker"
    assert set(await _answers(workers, "GET", _LIST, shopper_token("eve"), 1)) == {200}
    # The worker that is started again still counts ana's requests.
    await replaced(workers, 1, signal.SIGKILL)
    assert set(await _answers(workers, "GET", _LIST, shopper_token("ana"), 1)) == {429}


async def _ended_sessions_end_everywhere_at_once(workers: Program) -> None:
    async def ended(user: str) -> list[int]:
        token = shopper_token(user)
        # The call is answered when the current second ends. Send it late in a second, so that the
        # answer comes before the workers' next regular read of the ended sessions.
        await asyncio.sleep((0.9 - time.time()) % 1)
        async with Api(workers.url) as api:
            path = f"/v1/users/{user}/sessions/revoke"
            answer = await api.call("POST", path, service_token())
        assert answer.status_code == 204
        return await _answers(workers, "GET", _LIST, token, 1)

    answers = await asyncio.gather(*(ended(f"thief-{number}") for number in range(4)))
    assert {status for each in answers for status in each} == {401}


async def _metrics_are_sums(workers: Program) -> None:
    body = {"user_id": "ana", "type": "t", "title": "one of twenty"}
    before = await workers.samples()

    async def create() -> int:
        async with Api(workers.url) as api:
            call = api.call("POST", "/v1/notifications", service_token(), json=body)
            return (await call).status_code

    assert set(await asyncio.gather(*(create() for _ in range(20)))) == {201}
    for after in await asyncio.gather(*(workers.samples() for _ in range(_CONNECTIONS))):
        created = 'producer_creates_total{outcome="created"}'
        assert after[created] - before.get(created, 0) == 20, (
            "every worker must answer with the sum"
        )
        assert (
            after["producer_create_seconds_count"] - before["producer_create_seconds_count"] == 20
        )
        assert (after["producer_workers"], after["producer_publishing"]) == (2, 1)
        assert after["producer_worker_ends_total"] == 1


async def _readiness_names_the_worker_that_is_missing(workers: Program) -> None:
    pid = pids_of(workers)[2]
    os.kill(pid, signal.SIGKILL)
    async with http_client() as client:

        async def answers_503() -> bool:
            answer = await client.get(
                f"{workers.url}/readyz", headers={"Connection": "close"}, timeout=5
            )
            return answer.status_code == 503 and "worker 2" in answer.json()["detail"]

        await eventually(answers_503)
        assert (await client.get(f"{workers.url}/healthz")).status_code == 200

        async def is_ready_again() -> bool:
            return (await client.get(f"{workers.url}/readyz")).status_code == 200

        await eventually(is_ready_again)
    assert pids_of(workers)[2] != pid


async def _creates_in_progress_finish_after_sigterm(workers: Program) -> None:
    """Begin a create on each of several connections, stop the program, and send the rest."""
    may_continue = asyncio.Event()
    begun = [asyncio.Event() for _ in range(_CONNECTIONS)]

    async def body(number: int) -> Any:
        yield b'{"user_id":"ana","type":"t",'
        begun[number].set()
        await may_continue.wait()
        yield b'"title":"last"}'

    async def create(number: int) -> int:
        async with Api(workers.url) as api:
            call = api.call(
                "POST", "/v1/notifications", service_token(), content=body(number), headers=JSON
            )
            return (await call).status_code

    creating = [asyncio.create_task(create(number)) for number in range(_CONNECTIONS)]
    await asyncio.gather(*(each.wait() for each in begun))
    stopping = asyncio.create_task(workers.stop())

    async def all_are_stopping() -> bool:
        return len([line for line in workers.events if line["event"] == "stopping"]) == 3

    await eventually(all_are_stopping)
    may_continue.set()
    assert await asyncio.gather(*creating) == [201] * _CONNECTIONS
    await stopping
    assert await workers.wait() == 0
    assert "Traceback" not in "\n".join(workers.lines)


async def _answers(workers: Program, method: str, path: str, token: str, each: int) -> list[int]:
    """Return the statuses of this many requests on each of several concurrent connections."""

    async def on_one() -> list[int]:
        async with Api(workers.url) as api:
            return [(await api.call(method, path, token)).status_code for _ in range(each)]

    answers = await asyncio.gather(*(on_one() for _ in range(_CONNECTIONS)))
    return [status for of_one in answers for status in of_one]


async def test_a_bad_setting_is_reported_once_before_a_worker_starts(
    another: Callable[..., Program],
) -> None:
    program = another(PRODUCER_API_WORKERS="2", MONGO_URL="nowhere")
    await program.start_unready()
    assert await program.wait() == 2
    assert len([line for line in program.lines if "MONGO_URL" in line]) == 1
    assert program.events == []


async def test_the_number_of_workers_must_be_positive(another: Callable[..., Program]) -> None:
    program = another(PRODUCER_API_WORKERS="0")
    await program.start_unready()
    assert await program.wait() == 2
    assert any("PRODUCER_API_WORKERS" in line for line in program.lines)
