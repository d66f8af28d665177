"""Answers to requests with an idempotency key."""

import httpx

from tests.integration.producer_api.outside import drained
from tests.services.world import World


def is_replayed(answer: httpx.Response) -> bool:
    """Return whether this is the replay of a stored answer."""
    return "idempotency-replayed" in answer.headers


async def assert_done_once(world: World, answers: list[httpx.Response]) -> None:
    """Check that one notification was created, and that all other answers replay it or are 409."""
    done = [answer for answer in answers if answer.status_code == 201]
    assert sum(not is_replayed(answer) for answer in done) == 1
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
