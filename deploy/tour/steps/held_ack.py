"""An acknowledgement is held back: the offset waits for it, but other shoppers do not."""

import asyncio

from deploy.tour.shopper import Shopper
from deploy.tour.stage import Play

_BEHIND = 3
_WATCHED_SECONDS = 2.0
_SAMPLES = 4


async def play(scene: Play) -> None:
    """Hold back one shopper's acknowledgement, watch the offset, then acknowledge."""
    stage, screen = scene
    silent = Shopper(stage.user())
    lively = Shopper(stage.user(beside=silent.user))
    partition = stage.partition(silent.user)
    silent.hold_back()
    async with stage.tab(silent), stage.tab(lively):
        begin = await stage.status(partition)
        held = await stage.create(silent.user, screen.words.text("held.first"))
        screen.check("held.arrives", await silent.has(1, stage.patience))
        places = {value.get("id"): place for place, _, value in await stage.records(begin)}
        offset = places[held]
        behind = [
            await stage.create(lively.user, screen.words.text("held.behind"))
            for _ in range(_BEHIND)
        ]
        screen.say("held.watch", partition=partition, offset=offset, user=silent.user)
        await lively.has(_BEHIND, stage.patience)
        screen.check("held.others", lively.received == behind, count=_BEHIND)

        async def settled_beyond() -> bool:
            status = await stage.status(partition)
            return status.committed == offset and status.settled_beyond >= _BEHIND

        screen.check("held.beyond", await stage.comes_true(settled_beyond), count=_BEHIND)
        committed = set()
        for _ in range(_SAMPLES):
            await asyncio.sleep(_WATCHED_SECONDS / _SAMPLES)
            committed.add((await stage.status(partition)).committed)
        screen.check("held.waits", committed == {offset}, offset=offset, seconds=_WATCHED_SECONDS)
        screen.check("held.pending", (await stage.api.state(held))["status"] == "pending")

        screen.say("held.now")
        silent.acknowledge()

        async def passed() -> bool:
            return (await stage.status(partition)).committed > offset + _BEHIND

        screen.check("held.moves", await stage.comes_true(passed), past=offset + _BEHIND)
        screen.check("held.delivered", await stage.has_status([held, *behind], "delivered"))
