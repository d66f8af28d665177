"""The client for Python callers, against the real API."""

import asyncio
from collections.abc import Callable

import pytest

from producer_api.client import AsyncNotifications, NewNotification, Notifications, RefusedError
from tests.integration.producer_api.api import Api
from tests.services.program import Program, running
from tests.services.tokens import service_token, shopper_token

_WANTED = NewNotification(user_id="ana", type="order.shipped", title="Pedido despachado")


async def test_it_creates_and_reads_what_became_of_it(program: Program, api: Api) -> None:
    async with AsyncNotifications(program.url, service_token) as notifications:
        made = await notifications.create(_WANTED)
        assert (await notifications.state(made["id"]))["status"] == "pending"
    with Notifications(program.url, service_token()) as blocking:
        other = await asyncio.to_thread(blocking.create, _WANTED)
        assert (await asyncio.to_thread(blocking.state, other["id"]))["id"] == other["id"]
    assert await api.ids("ana") == [other["id"], made["id"]]


async def test_a_refusal_says_why(program: Program) -> None:
    async with AsyncNotifications(program.url, lambda: shopper_token("ana")) as notifications:
        with pytest.raises(RefusedError) as refusal:
            await notifications.create(_WANTED)
    assert refusal.value.problem.type == "urn:notifications:problem:forbidden"
    async with AsyncNotifications(program.url, service_token) as notifications:
        with pytest.raises(RefusedError, match="answered 404"):
            await notifications.state("x")


async def test_it_waits_for_an_api_that_is_being_started(another: Callable[..., Program]) -> None:
    program = another()
    async with AsyncNotifications(program.url, service_token, patience=60) as notifications:
        creating = asyncio.create_task(notifications.create(_WANTED))
        async with running(program), asyncio.timeout(60):
            assert (await creating)["title"] == _WANTED.title
