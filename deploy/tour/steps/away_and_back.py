"""A shopper goes away: the partition does not wait, and what they missed comes in order later."""

from deploy.tour.arrivals import compare
from deploy.tour.shopper import Shopper
from deploy.tour.stage import Play

_MISSED = 3


async def play(scene: Play) -> None:
    """Create notifications for a shopper who is away, and for a neighbour, then come back."""
    stage, screen = scene
    traveller = Shopper(stage.user())
    neighbour = Shopper(stage.user(beside=traveller.user))
    partition = stage.partition(traveller.user)
    missed, others = [], []
    async with stage.tab(neighbour):
        async with stage.tab(traveller):
            missed.append(await stage.create(traveller.user, screen.words.text("away.before")))
            screen.check("away.present", await stage.has_status(missed, "delivered"))
        begin = await stage.status(partition)
        screen.say("away.watch", partition=partition, user=traveller.user)
        for number in range(1, _MISSED + 1):
            missed.append(
                await stage.create(traveller.user, screen.words.text("away.missed", number=number))
            )
            others.append(await stage.create(neighbour.user, screen.words.text("away.other")))
        await neighbour.has(_MISSED, stage.patience)
        screen.check("away.neighbour", neighbour.received == others, count=_MISSED)

        async def went_on() -> bool:
            return (await stage.status(partition)).committed >= begin.end + 2 * _MISSED

        screen.check("away.goes_on", await stage.comes_true(went_on))
        screen.check("away.owed", await stage.has_status(missed[1:], "pending"), count=_MISSED)

        screen.say("away.now")
        back = Shopper(traveller.user)
        async with stage.tab(back):
            await back.has(_MISSED, stage.patience)
            delivered = await stage.has_status(missed, "delivered")
        arrivals = compare(missed[1:], back.received)
        screen.check("away.in_order", arrivals.complete and arrivals.in_order, count=_MISSED)
        screen.check("away.once", arrivals.exact and set(back.received) <= set(missed[1:]))
        screen.check("away.delivered", delivered)
