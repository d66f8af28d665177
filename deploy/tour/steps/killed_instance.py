"""An instance is killed under load: no notification is lost, and the instance starts again."""

from deploy.local.program import is_ready
from deploy.tour.load import Load
from deploy.tour.stage import Play

_BEFORE, _AFTER = 20, 20


async def play(scene: Play) -> None:
    """Kill the last instance while notifications are created, and wait until it is back."""
    stage, screen = scene
    *_, victim = await stage.control.instances()
    async with Load.running(stage, screen) as load:
        await load.has_grown(_BEFORE)
        screen.say("kill.watch", name=victim.name, url=victim.url)
        await stage.control.kill(victim.name)

        async def runs_again() -> bool:
            *_, now = await stage.control.instances()
            return now.process not in {"down", victim.process} and await is_ready(victim.url)

        screen.check("kill.again", await stage.comes_true(runs_again), name=victim.name)

        # Kafka still counts the dead process as a member for some seconds. So ask the new process.
        async def owns() -> bool:
            return await stage.owned(victim.url) > 0

        screen.check("kill.owns", await stage.comes_true(owns), name=victim.name)
        await load.has_grown(_AFTER)
        arrivals = await load.stop()
    screen.check("kill.none_lost", arrivals.complete, count=arrivals.created)
    screen.check("kill.in_order", arrivals.in_order)
    screen.say("kill.repeats", count=arrivals.repeated)
