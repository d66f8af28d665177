"""The Python client, with a real API."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from producer_api.client import (
    AsyncNotifications,
    NewNotification,
    Notifications,
    Problem,
    RefusedError,
)
from tests.integration.producer_api.api import Api
from tests.services.program import Program
from tests.services.tokens import service_token, shopper_token

_NEW = NewNotification(user_id="ana", type="order.shipped", title="Pedido despachado")


async def test_the_client_creates_notifications_and_reads_their_state(
    program: Program, api: Api
) -> None:
    async with AsyncNotifications(program.url, service_token) as notifications:
        created = await notifications.create(_NEW)
        assert (await notifications.state(created["id"]))["status"] == "pending"
    with Notifications(program.url, service_token()) as blocking:
        other = await asyncio.to_thread(blocking.create, _NEW)
        assert (await asyncio.to_thread(blocking.state, other["id"]))["id"] == other["id"]
    assert await api.ids("ana") == [other["id"], created["id"]]


async def test_repeats_with_a_key_get_the_first_answer_until_the_user_is_erased(
    program: Program,
) -> None:
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    new = _NEW.model_copy(update={"expires_at": expires_at})
    async with AsyncNotifications(program.url, service_token) as notifications:
        creates = [notifications.create(new, key="one") for _ in range(20)]
        created = await asyncio.gather(*creates)
        assert [notification["id"] for notification in created] == [created[0]["id"]] * 20
        with pytest.raises(RefusedError, match="used for another request"):
            await notifications.create(_NEW, key="one")
        await notifications.erase("ana")
        with pytest.raises(RefusedError) as gone:
            await notifications.create(new, key="one")
    assert gone.value.problem.type == "urn:notifications:problem:gone"


async def test_a_repeated_batch_gets_the_same_results(program: Program) -> None:
    bad = NewNotification.model_construct(user_id="ana", type="Not a type", title="x")
    new = [_NEW.model_copy(update={"title": str(number)}) for number in range(999)]
    new.insert(500, bad)
    with Notifications(program.url, service_token()) as notifications:
        first, repeat = [
            await asyncio.to_thread(notifications.create_batch, new, key="night") for _ in range(2)
        ]
        assert repeat == first
        problem = first.pop(500)
        assert isinstance(problem, Problem)
        assert (problem.status, problem.errors[0]["field"]) == (422, "notifications.500.type")
        titles = [item["title"] for item in first if not isinstance(item, Problem)]
        assert titles == [str(number) for number in range(999)]
        with pytest.raises(RefusedError, match="at most 1000"):
            await asyncio.to_thread(notifications.create_batch, [_NEW] * 1001)


@pytest.mark.parametrize("user", ["ME", ".", "..", "a/b", "%2F", "ñ?#", "\0"])
async def test_a_user_with_any_id_can_be_erased(user: str, program: Program) -> None:
    async with AsyncNotifications(program.url, service_token) as notifications:
        new = _NEW.model_copy(update={"user_id": user})
        created = await notifications.create(new)
        await notifications.erase(user)
        with pytest.raises(RefusedError, match="answered 404"):
            await notifications.state(created["id"])


async def test_a_refusal_has_its_problem(program: Program) -> None:
    async with AsyncNotifications(program.url, lambda: shopper_token("ana")) as notifications:
        with pytest.raises(RefusedError) as refusal:
            await notifications.create(_NEW)
    assert refusal.value.problem.type == "urn:notifications:problem:forbidden"
    async with AsyncNotifications(program.url, service_token) as notifications:
        with pytest.raises(RefusedError, match="answered 404"):
            await notifications.state("x")
