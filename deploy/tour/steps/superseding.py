"""An order's steps share a collapse key: each supersedes the one before it."""

from deploy.tour.shopper import Shopper
from deploy.tour.stage import Play


async def play(scene: Play) -> None:
    """Move an order on while its shopper is away, and once more while they are connected."""
    stage, screen = scene
    shopper = Shopper(stage.user())
    key = f"order-{shopper.user}"
    screen.say("supersede.watch", user=shopper.user)
    *old, newest = [
        await stage.create(shopper.user, screen.words.text(name), collapse_key=key)
        for name in ("supersede.paid", "supersede.packed", "supersede.shipped")
    ]
    screen.check("supersede.old", await stage.has_status(old, "superseded"))
    async with stage.tab(shopper):
        await shopper.has(1, stage.patience)
        delivered = await stage.has_status([newest], "delivered")
        screen.check("supersede.newest", shopper.received == [newest] and delivered)

        screen.say("supersede.now")
        title = screen.words.text("supersede.delivered")
        last = await stage.create(shopper.user, title, collapse_key=key)
        await shopper.has(2, stage.patience)
        screen.check("supersede.next", shopper.received == [newest, last])
        screen.check(
            "supersede.replaced",
            await shopper.until(lambda: _replaces(shopper, newest, last), stage.patience),
        )


def _replaces(shopper: Shopper, old: str, new: str) -> bool:
    return any(
        item["id"] == old and item.get("superseded_by") == new
        for change in shopper.changes
        for item in change.get("changed", ())
    )
