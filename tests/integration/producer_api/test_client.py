"""The Python client waits for a producer API that is starting."""

import asyncio
from collections.abc import Callable

from producer_api.client import (
    AsyncNotifications,
    NewNotification,
)
from tests.services.program import Program, running
from tests.services.tokens import service_token

_NEW = NewNotification(
    user_id="ana", type="order.shipped", title="Pedido despachado", image_url=None, actions=None
)


async def test_the_client_waits_for_an_api_that_is_starting(
    another: Callable[..., Program],
) -> None:
    program = another()
    async with AsyncNotifications(program.url, service_token, patience=60) as notifications:
        creating = asyncio.create_task(notifications.create(_NEW))
        async with running(program), asyncio.timeout(60):
            assert (await creating)["title"] == _NEW.title
