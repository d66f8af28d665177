"""After crashes, no idempotency key stays locked, and nothing is created twice."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.faults.proxy import KafkaLink
from tests.integration.producer_api.api import Api, notification
from tests.integration.producer_api.outside import PATIENT, drained, kill, logged, outbox
from tests.services.parts import Services
from tests.services.program import Program, running
from tests.services.waiting import eventually
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts


async def test_a_key_is_free_again_after_a_crash_before_the_answer(
    another: Callable[..., Program], world: World, kafka: KafkaLink
) -> None:
    crashing = another(**PATIENT)
    # No process takes over the intent during the test, so only the repeat can free the key.
    other = another(PRODUCER_API_TAKEOVER_SECONDS="600")

    async def has_open_intent() -> bool:
        return bool(await outbox(world).count_documents({"state": "open"}))

    async with running(crashing, other), Api(crashing.url) as first, Api(other.url) as second:
        before = await first.created(title="before")
        await drained(world)
        await kafka.stop()
        try:
            lost = asyncio.create_task(first.create(key="k"))
            await eventually(has_open_intent)
            early = await second.create(key="k")
            assert early.status_code == 409
            assert early.json()["type"] == "urn:notifications:problem:in-progress"
            await kill(crashing, world)
            await asyncio.wait([lost])
            assert lost.exception() is not None
            again = await _until_done(second, "k")
            assert await outbox(world).count_documents({"state": "queued"}) == 1
            after = await second.created(title="after")
        finally:
            await kafka.start()
        assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
        await drained(world)
        assert await logged(world) == [before["id"], again.json()["id"], after["id"]]
    assert await world.inbox.count_documents({}) == 3


async def test_a_repeat_keeps_the_order_of_the_batches_that_a_crashed_process_left(
    another: Callable[..., Program], world: World, kafka: KafkaLink
) -> None:
    """The crash leaves two batches that are written, but not published. The second is repeated."""
    crashing = another(**PATIENT)
    # No process takes over the intents during the test, so only the repeat can queue them.
    other = another(PRODUCER_API_TAKEOVER_SECONDS="600")
    full = [notification()] * 500

    async def have_open_intents(count: int) -> bool:
        return bool(await outbox(world).count_documents({"state": "open"}) == count)

    async with running(crashing, other), Api(crashing.url) as first, Api(other.url) as second:
        await first.created()
        await drained(world)
        await kafka.stop()
        try:
            lost = [asyncio.create_task(first.create_batch(*full))]
            await eventually(lambda: have_open_intents(1))
            lost.append(asyncio.create_task(first.create_batch(*full, key="k")))
            await eventually(lambda: have_open_intents(2))
            await kill(crashing, world)
            for error in await asyncio.gather(*lost, return_exceptions=True):
                assert isinstance(error, httpx.TransportError)
            again = await _until_final(lambda: second.create_batch(*full, key="k"))
        finally:
            await kafka.start()
        assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
        await drained(world)
    on_the_log = await logged(world)
    assert len(on_the_log) == 1001
    assert on_the_log == sorted(on_the_log)


async def _until_done(api: Api, key: str, **fields: str) -> httpx.Response:
    """Repeat a create, like a client, until the answer is final."""
    return await _until_final(lambda: api.create(key=key, **fields))


async def _until_final(request: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Send a request, like a client, until the answer is final."""
    answers: list[httpx.Response] = []

    async def is_final() -> bool:
        answers.append(await request())
        return answers[-1].status_code not in {409, 503}

    await eventually(is_final)
    return answers[-1]


async def test_repeats_during_a_kill_of_mongodb_create_each_notification_once(
    two: tuple[Program, Program], world: World, services: Services
) -> None:
    """Each client repeats a create at one of two processes until the answer is final."""
    answered: Counter[str] = Counter()
    async with Api(two[0].url) as one, Api(two[1].url) as other:

        async def order_service(name: int) -> None:
            for number in range(40):
                title = f"{name}-{number}"
                answer = await _until_done((one, other)[number % 2], title, title=title)
                assert answer.status_code == 201, answer.text
                answered[title] += 1

        async def more_than(count: int) -> bool:
            return len(answered) > count

        async with asyncio.TaskGroup() as group:
            for name in range(10):
                group.create_task(order_service(name))
            await eventually(lambda: more_than(50))
            await services.mongo.kill()
            await services.mongo.start()
    stored = Counter([document["title"] async for document in world.inbox.find({})])
    assert stored == answered
    assert set(stored.values()) == {1}
    await drained(world)
    assert len(await logged(world)) == len(stored)
