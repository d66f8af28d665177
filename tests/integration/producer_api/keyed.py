"""Checks of answers to requests with an idempotency key."""

import httpx

from tests.integration.producer_api.outside import drained
from tests.services.world import World


def is_replayed(answer: httpx.Response) -> bool:
    """Return whether this answer is a replay of a stored one."""
    return "idempotency-replayed" in answer.headers


async def assert_done_once(world: World, answers: list[httpx.Response]) -> None:
    """Check that one request created a notification, and that the others got a replay or 409."""
    created = [answer for answer in answers if answer.status_code == 201]
    assert sum(not is_replayed(answer) for answer in created) == 1
    assert len({(answer.content, answer.headers["location"]) for answer in created}) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert answer.status_code == 409, answer.text
            assert answer.json()["type"] == "urn:notifications:problem:in-progress"
            assert int(answer.headers["retry-after"]) > 0
    [stored] = await world.inbox.find({}).to_list(2)
    assert stored["_id"] == created[0].json()["id"]
    await drained(world)
    assert len(await world.records(world.settings.kafka_topic)) == 1
