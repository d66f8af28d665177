"""Kafka is stopped: the API still accepts notifications, and publishes them in order later."""

import time

from deploy.tour.arrivals import compare
from deploy.tour.shopper import Shopper
from deploy.tour.stage import Play

_CREATED = 5


async def play(scene: Play) -> None:
    """Create notifications while Kafka is stopped, and start it again."""
    stage, screen = scene
    shopper = Shopper(stage.user())
    ids, slowest = [], 0.0
    async with stage.tab(shopper):
        screen.say("kafka.watch")
        async with stage.control.without_kafka():
            for number in range(1, _CREATED + 1):
                began = time.monotonic()
                title = screen.words.text("kafka.news", number=number)
                ids.append(await stage.create(shopper.user, title))
                slowest = max(slowest, time.monotonic() - began)
            screen.check("kafka.accepted", len(ids) == _CREATED, count=_CREATED, seconds=slowest)
            stored = await stage.stored(shopper.user) == _CREATED
            screen.check("kafka.stored", stored and shopper.received == [], count=_CREATED)
            screen.say("kafka.now")
        await shopper.has(_CREATED, stage.patience)
        delivered = await stage.has_status(ids, "delivered")
    arrivals = compare(ids, shopper.received)
    screen.check("kafka.in_order", arrivals.exact, count=_CREATED)
    screen.check("kafka.delivered", delivered)
