"""While MongoDB is down, calls are answered 503. They succeed again when it is back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from tests.integration.producer_api.api import Api
from tests.integration.producer_api.outside import drained, logged
from tests.services.parts import Part, Services
from tests.services.program import Program
from tests.services.waiting import eventually
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts

#: A client that was answered 503 waits before its next create.
_PAUSE_SECONDS = 0.1


async def test_calls_without_mongodb_are_answered_503_and_write_nothing(
    api: Api, world: World, services: Services
) -> None:
    before = await api.created(title="before")
    await services.mongo.stop()
    try:
        # `Api` waits at most 30 s for each answer.
        refused = await asyncio.gather(*(api.create(title="refused") for _ in range(20)))
        for answer in refused:
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["type"] == "urn:notifications:problem:unavailable"
        other_calls = api.trace(before["id"]), api.listed(), api.mark("ana", "x", read=True)
        for answer in await asyncio.gather(*other_calls):
            assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        ready = await api.client.get("/readyz")
        assert ready.status_code == 503
        assert "MongoDB" in ready.json()["detail"]
        assert (await api.client.get("/healthz")).status_code == 200
    finally:
        await services.mongo.start()

    async def is_accepted() -> bool:
        return (await api.create(title="after")).status_code == 201

    await eventually(is_accepted)
    titles = {document["title"] async for document in world.inbox.find({})}
    assert titles == {"before", "after"}
    logged = [record.value for record in await world.records(world.settings.kafka_topic)]
    assert not [value for value in logged if b"refused" in value]


@asynccontextmanager
async def _killed(mongo: Part) -> AsyncIterator[None]:
    """Kill MongoDB, and start it again when the context ends."""
    await mongo.kill()
    try:
        yield
    finally:
        await mongo.start()


async def test_a_kill_of_mongodb_loses_no_201_and_stores_no_503(
    api: Api, world: World, services: Services
) -> None:
    answers: dict[str, str] = {}
    stopped = asyncio.Event()

    async def order_service(name: int) -> None:
        for number in range(10_000):
            if stopped.is_set():
                return
            title = f"{name}-{number}"
            answer = await api.create(title=title)
            problem = answer.json()["type"].rpartition(":")[2] if answer.is_error else ""
            answers[title] = problem or "created"
            if problem:
                await asyncio.sleep(_PAUSE_SECONDS)

    async def more_than(count: int) -> bool:
        return list(answers.values()).count("created") > count

    async def is_any_refused() -> bool:
        return "unavailable" in answers.values()

    async with asyncio.TaskGroup() as group:
        for name in range(20):
            group.create_task(order_service(name))
        await eventually(lambda: more_than(200))
        async with _killed(services.mongo):
            await eventually(is_any_refused)
        created = list(answers.values()).count("created")
        await eventually(lambda: more_than(created + 200))
        stopped.set()

    assert set(answers.values()) <= {"created", "unavailable", "outcome-unknown"}
    stored = {document["title"] async for document in world.inbox.find({})}
    assert {title for title, result in answers.items() if result == "created"} <= stored
    assert not stored & {title for title, result in answers.items() if result == "unavailable"}

    await drained(world)
    ids = {document["_id"] async for document in world.inbox.find({})}
    assert set(await logged(world)) == ids


async def test_a_program_started_without_mongodb_answers_503_until_mongodb_runs(
    another: Callable[..., Program], services: Services
) -> None:
    program = another()
    await services.mongo.stop()
    try:
        await program.start_unready()
        async with Api(program.url) as api:

            async def readyz_names_mongodb() -> bool:
                try:
                    return "MongoDB" in (await api.client.get("/readyz")).text
                except httpx.ConnectError:
                    return False

            await eventually(readyz_names_mongodb)
            answer = await api.create()
            assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
            assert (await api.client.get("/healthz")).status_code == 200

            async def outage_is_logged() -> bool:
                return any(line["event"] == "waiting for MongoDB" for line in program.events)

            await eventually(outage_is_logged)
            await services.mongo.start()

            async def is_accepted() -> bool:
                return (await api.create()).status_code == 201

            await eventually(is_accepted)
    finally:
        await program.stop()
        await _start_again(services)


async def _start_again(services: Services) -> None:
    with suppress(RuntimeError):  # MongoDB is running already
        await services.mongo.start()


async def test_a_create_above_the_limit_is_refused_without_waiting(
    another: Callable[..., Program], services: Services
) -> None:
    program = another(PRODUCER_API_MAX_PENDING="5")
    await program.start()
    try:
        async with Api(program.url) as api:
            await services.mongo.stop()
            try:
                creates = [asyncio.create_task(api.create()) for _ in range(50)]
                answers = [await answer for answer in asyncio.as_completed(creates)]
            finally:
                await services.mongo.start()
            assert {answer.status_code for answer in answers} == {503}
            details = [answer.json()["detail"] for answer in answers]
            refused_at_once = ["too many" in detail for detail in details]
            assert sum(refused_at_once) >= 40
            assert all(refused_at_once[:40]), "creates that wait for MongoDB must be answered later"
    finally:
        await program.stop()
