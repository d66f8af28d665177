"""A key makes a request safe to repeat: it is done once, and answered the same."""

import asyncio

import httpx

from tests.integration.producer_api.api import Api
from tests.integration.producer_api.outside import drained
from tests.services.program import Program
from tests.services.world import World


def _replayed(answer: httpx.Response) -> bool:
    return "idempotency-replayed" in answer.headers


async def _only_one(world: World, answers: list[httpx.Response]) -> None:
    """One notification; every answer is the first one's, its replay, or "come again"."""
    done = [answer for answer in answers if answer.status_code == 201]
    assert sum(not _replayed(answer) for answer in done) == 1
    assert len({(answer.content, answer.headers["location"]) for answer in done}) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert answer.status_code == 409, answer.text
            assert answer.json()["type"] == "urn:notifications:problem:in-progress"
            assert int(answer.headers["retry-after"]) > 0
    [stored] = await world.inbox.find({}).to_list(2)
    assert stored["_id"] == done[0].json()["id"]
    await drained(world)
    assert len(await world.records(world.settings.kafka_topic)) == 1


async def test_twenty_at_once_at_two_processes(two: tuple[Program, Program], world: World) -> None:
    async with Api(two[0].url) as one, Api(two[1].url) as other:
        apis = [one, other] * 10
        answers = await asyncio.gather(*(api.create(key="k") for api in apis))
        await _only_one(world, [*answers, await other.create(key="k"), await one.create(key="k")])


async def test_after_a_restart(program: Program, world: World) -> None:
    async with Api(program.url) as api:
        first = await api.create(key="k")
        await program.stop()
        await program.start()
        again = await api.create(key="k")
    assert (again.content, _replayed(again)) == (first.content, True)
    assert await world.inbox.count_documents({}) == 1
