"""The items of a batch, without HTTP."""

import asyncio

from producer_api.contract.notification import NewNotification
from producer_api.intake.outcomes import NotValidError
from producer_api.routes.batch import checked


async def test_others_have_their_turn_between() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(other())
    try:
        wanted = await checked([{"user_id": "ana", "type": "t", "title": "x"}] * 1000, 1000)
    finally:
        running.cancel()
    assert turns >= 20
    assert all(isinstance(each, NewNotification) for each in wanted)


async def test_an_item_is_bound_as_a_create_is() -> None:
    item = {"user_id": "ana", "type": "t", "title": "x"}
    size = len(b'{"user_id":"ana","type":"t","title":"x"}')
    [fits] = await checked([item], size)
    assert isinstance(fits, NewNotification)
    [does_not] = await checked([item], size - 1)
    assert isinstance(does_not, NotValidError)
    assert [finding.field for finding in does_not.findings] == ["notifications.0"]
