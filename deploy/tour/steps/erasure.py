"""A user is erased from MongoDB and the open tab, and the erasure is published on the topic."""

from deploy.tour.shopper import Shopper
from deploy.tour.stage import Play

_READ, _OWED = 2, 1


async def play(scene: Play) -> None:
    """Erase a user with delivered notifications, and with one that they have not acknowledged."""
    stage, screen = scene
    shopper = Shopper(stage.user())
    title = screen.words.text("erase.news")
    async with stage.tab(shopper):
        for _ in range(_READ):
            await stage.create(shopper.user, title)
        await shopper.has(_READ, stage.patience)
        shopper.hold_back()
        await stage.create(shopper.user, title)
        await shopper.has(_READ + _OWED, stage.patience)
        before = await stage.stored(shopper.user)
        begin = await stage.status(stage.partition(shopper.user))
        screen.say("erase.watch", user=shopper.user, count=before)
        await stage.api.erase(shopper.user)
        screen.check(
            "erase.gone",
            before == _READ + _OWED and await stage.stored(shopper.user) == 0,
            count=before,
        )
        emptied = await shopper.until(
            lambda: any(change.get("erased") for change in shopper.changes), stage.patience
        )
        screen.check("erase.emptied", emptied)

        async def published() -> bool:
            return any(
                kind == "notification.erased" and value["user_id"] == shopper.user
                for _, kind, value in await stage.records(begin)
            )

        screen.check("erase.published", await stage.comes_true(published))

        async def settled() -> bool:
            return (await stage.status(begin.tp.partition)).committed > begin.end

        # The acknowledgement is still held back. Nothing waits for it any more.
        screen.check("erase.settled", await stage.comes_true(settled))
        shopper.acknowledge()
