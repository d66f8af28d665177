"""The guided tour on a running stack: every check holds, and nothing is left behind."""

import signal

from pymongo import AsyncMongoClient

from deploy.local.ask import ask
from deploy.local.ports import HOST, listening
from tests.services.launcher import Launcher
from tests.services.waiting import eventually


async def test_every_guarantee_holds_and_the_tour_leaves_nothing_behind(stack: Launcher) -> None:
    tour = stack.beside("deploy.tour", "--no-pause", "--language", "en")
    await tour.start()
    try:
        status = await tour.wait()
    finally:
        await tour.kill()
    lines = [line for line in tour.recent if line.strip()]
    assert status == 0, "\n".join(lines)
    assert lines[-1] == "Everything holds: 7 steps."
    assert await _users_of_the_tour(stack) == []
    assert len(await ask(stack.data, "list instances")) == 2


async def test_an_interrupted_tour_starts_kafka_again(stack: Launcher) -> None:
    tour = stack.beside("deploy.tour", "--step", "4")
    await tour.start()
    kafka = stack.ports["LOCAL_KAFKA_PORT"]
    try:

        async def is_stopped() -> bool:
            return not await listening(kafka)

        await eventually(is_stopped)
        tour._signal(signal.SIGINT)
        assert await tour.wait() == 130
        assert "Interrumpido" in tour.recent[-1]
    finally:
        await tour.kill()
    # The launcher answers one request at a time. So when it answers this one, the request that kept
    # Kafka stopped has ended.
    assert len(await ask(stack.data, "list instances")) == 2
    assert await listening(kafka)
    assert await _users_of_the_tour(stack) == []


async def _users_of_the_tour(stack: Launcher) -> list[str]:
    url = f"mongodb://{HOST}:{stack.ports['LOCAL_MONGO_PORT']}/?replicaSet=rs0"
    async with AsyncMongoClient[dict[str, object]](url) as mongo:
        users = await mongo["notifications"]["notifications"].distinct("user_id")
    return [str(user) for user in users if str(user).startswith("tour-")]
