"""A request with a key is carried out once, at several processes and after a restart."""

import asyncio

from tests.integration.producer_api.api import Api
from tests.integration.producer_api.keyed import assert_done_once, is_replayed
from tests.services.program import Program
from tests.services.world import World


async def test_twenty_requests_with_one_key_at_two_processes_create_once(
    two: tuple[Program, Program], world: World
) -> None:
    async with Api(two[0].url) as one, Api(two[1].url) as other:
        apis = [one, other] * 10
        answers = await asyncio.gather(*(api.create(key="k") for api in apis))
        await assert_done_once(
            world, [*answers, await other.create(key="k"), await one.create(key="k")]
        )


async def test_a_repeat_after_a_restart_is_replayed(program: Program, world: World) -> None:
    async with Api(program.url) as api:
        first = await api.create(key="k")
        await program.stop()
        await program.start()
        again = await api.create(key="k")
    assert (again.content, is_replayed(again)) == (first.content, True)
    assert await world.inbox.count_documents({}) == 1
