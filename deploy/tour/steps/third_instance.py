"""An instance joins under load and leaves again: partitions move, and nothing arrives twice."""

from deploy.local.settings import MAX_INSTANCES
from deploy.tour.arrivals import Arrivals, moved
from deploy.tour.load import Load
from deploy.tour.stage import Play, Stage

_BEFORE, _AFTER = 20, 20


async def play(scene: Play) -> None:
    """Add an instance while notifications are created, and take it away again."""
    stage, screen = scene
    count = len(await stage.control.instances())
    if count == MAX_INSTANCES:
        screen.say("join.full", count=count)
        return
    try:
        async with Load.running(stage, screen) as load:
            await load.has_grown(_BEFORE)
            before = await _owners(stage)
            screen.say("join.watch", number=count + 1)
            await stage.control.scale(count + 1)
            joined = (await stage.control.instances())[-1]

            async def owns() -> bool:
                return joined.url in await _owners(stage)

            holds = await stage.comes_true(owns)
            after = await _owners(stage)
            screen.check(
                "join.moves", holds, url=joined.url, count=moved(before, after), all=len(after)
            )
            await load.has_grown(_AFTER)
            screen.say("join.leaves", name=joined.name)
            await stage.control.scale(count)
            await load.has_grown(_AFTER)
            arrivals = await load.stop()
    finally:
        # Remove the instance after a Ctrl-C, too. This does nothing if it has left already.
        await stage.control.scale(count)
    _judge(scene, arrivals)


def _judge(scene: Play, arrivals: Arrivals) -> None:
    screen = scene.screen
    screen.check("join.none_lost", arrivals.complete, count=arrivals.created)
    screen.check("join.once", arrivals.exact, count=arrivals.repeated)


async def _owners(stage: Stage) -> list[str]:
    return [status.owner for status in await stage.statuses()]
