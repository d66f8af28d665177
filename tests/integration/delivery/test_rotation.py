"""Secrets rotate while instances restart one after another: nobody is refused."""

import asyncio
from collections.abc import Iterator

import pytest
from socketio.exceptions import ConnectionError as RefusedError

from tests.integration.delivery.instances import share_all_partitions
from tests.services.program import ForkedProgram, Program, running
from tests.services.shopper import Shopper
from tests.services.tokens import SECRET, shopper_token, sign
from tests.services.world import World

_NEW = "the next secret of the tests, also long enough"


async def test_instances_with_the_old_and_with_both_secrets_serve_each_other(
    world: World, second: Program, stack_env: dict[str, str], ports: Iterator[int]
) -> None:
    both = {"AUTH_JWT_SECRET": _NEW, "AUTH_JWT_SECRET_PREVIOUS": SECRET}
    port = str(next(ports))
    url = f"http://127.0.0.1:{port}"
    restarted = ForkedProgram("delivery", url, {**stack_env, **both, "DELIVERY_PORT": port})
    async with running(second, restarted):
        await share_all_partitions(world, second, restarted)
        users = [user for number in range(3) for user in world.users_of_partition(number, 1)]
        at_old = [Shopper(user, second.url) for user in users]
        at_new = [Shopper(user, restarted.url) for user in users]
        await asyncio.gather(*(shopper.connect() for shopper in [*at_old, *at_new]))
        for user in users:
            await world.create(user)
        # Each partition has an owner, so pushes take the hop in both directions.
        await asyncio.gather(*(shopper.has(1) for shopper in [*at_old, *at_new]))

        ana = Shopper("ana", restarted.url)
        await ana.connect(sign(_NEW, sub="ana"))
        assert (await ana.renew(shopper_token("ana"))) == {"ok": True}
        await ana.disconnect()
        with pytest.raises(RefusedError):
            await ana.connect(sign("another secret, of more than 32 bytes", sub="ana"))
        await asyncio.gather(*(shopper.disconnect() for shopper in [*at_old, *at_new]))
