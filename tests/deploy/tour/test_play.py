"""A guarantee that does not hold is shown with ✗, and the tour ends with status 1."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from delivery.tools.settings import ToolSettings
from deploy.tour.control import Control
from deploy.tour.play import play_all
from deploy.tour.screen import Screen
from deploy.tour.stage import Addresses, Play, Stage
from deploy.tour.steps import STEPS, TourStep, away_and_back, killed_instance
from deploy.tour.words import Words
from tests.services.program import Program, running
from tests.services.tokens import SECRET

_Printed = list[str]


@pytest.fixture
def printed() -> _Printed:
    """Return the lines on the screen."""
    return []


@pytest_asyncio.fixture
async def stage(
    producer_api: Program, delivery: Program, stack_env: dict[str, str], tmp_path: Path
) -> AsyncIterator[Stage]:
    """Return the stage, with real parts. Delivery holds the records of absent users."""
    delivery._env = {**stack_env, "DELIVERY_OFFLINE_POLICY": "hold"}
    addresses = Addresses(producer_api.url, delivery.url, SECRET)
    tools = ToolSettings.model_validate({name.lower(): text for name, text in stack_env.items()})
    async with (
        running(producer_api, delivery),
        Stage.opened(addresses, tools, Control(tmp_path), patience=1.5) as stage,
    ):
        yield stage


async def _no_pause() -> None:
    pass


async def _status_of(
    plays: list[Callable[[Play], Awaitable[None]]], stage: Stage, printed: _Printed
) -> int:
    screen = Screen(Words("en"), printed.append)
    steps = [(number, TourStep("away", play)) for number, play in enumerate(plays, 1)]
    return await play_all(steps, len(STEPS), stage, screen, _no_pause)


async def test_a_partition_that_waits_for_an_absent_shopper_fails_the_tour(
    stage: Stage, printed: _Printed
) -> None:
    assert await _status_of([away_and_back.play], stage, printed) == 1
    failed = [line for line in printed if "✗" in line]
    assert failed == ["   ✗ The partition does not stop: the offset reaches the end."]
    assert "   ✓ They get the 3 that they missed, in order." in printed

    printed.clear()

    async def fine(scene: Play) -> None:
        scene.screen.check("away.goes_on", True)

    # Without a launcher, the first step cannot kill an instance. The next step is played anyway.
    assert await _status_of([killed_instance.play, fine], stage, printed) == 1
    (failed_line,) = (line for line in printed if "✗" in line)
    assert "The step could not finish: NoStackError: no stack that uses" in failed_line
    assert printed[-2] == "   ✓ The partition does not stop: the offset reaches the end."

    assert await _status_of([fine], stage, printed) == 0
    user = stage._users[0]
    await stage._erase_users()
    assert await stage.stored(user) == 0


async def test_a_pause_comes_between_steps_and_not_after_the_last() -> None:
    order: list[str] = []

    async def play(_: Play) -> None:
        order.append("step")

    async def pause() -> None:
        order.append("pause")

    screen = Screen(Words("es"), order.append)
    stage: Stage = object.__new__(Stage)
    steps = [(1, TourStep("held", play)), (2, TourStep("away", play))]
    assert await play_all(steps, 7, stage, screen, pause) == 0
    assert [one for one in order if one in {"step", "pause"}] == ["step", "pause", "step"]
