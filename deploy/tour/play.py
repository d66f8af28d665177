"""Plays steps of the tour one after the other, and reports the claims that do not hold."""

from collections.abc import Awaitable, Callable, Sequence

from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError
from socketio.exceptions import ConnectionError as NotConnectedError

from deploy.local.ask import FailedError, NoStackError
from deploy.tour.screen import Screen
from deploy.tour.stage import Play, Stage
from deploy.tour.steps import TourStep
from producer_api.client import ClientError

_EXIT_FAILED = 1
#: The errors of a part that does not answer as a step expects. They fail the step, not the tour.
_ANSWERS = (
    ClientError, FailedError, KafkaError, NoStackError, NotConnectedError, OSError, PyMongoError,
    TimeoutError,
)  # fmt: skip


async def play_all(
    steps: Sequence[tuple[int, TourStep]],
    count: int,
    stage: Stage,
    screen: Screen,
    pause: Callable[[], Awaitable[None]],
) -> int:
    """Play these steps, of `count` in all, with a pause between them.

    Returns the exit status: 0 if every check holds, 1 otherwise.
    """
    for position, (number, step) in enumerate(steps):
        if position:
            await pause()
        screen.heading(f"{step.name}.title", number, count)
        try:
            await step.play(Play(stage, screen))
        except* _ANSWERS as group:
            screen.check("broken", False, error=_first(group))
    if screen.failed:
        screen.line("some.fail", failed=screen.failed)
        return _EXIT_FAILED
    screen.line("all.hold", steps=len(steps))
    return 0


def _first(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
