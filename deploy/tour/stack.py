"""The stack that the tour plays on: the running one, or one of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.local.ask import NoStackError
from deploy.local.paths import ROOT
from deploy.local.process import Process
from deploy.local.settings import LocalSettings
from deploy.tour.control import Control
from deploy.tour.screen import Screen

_READY_SECONDS = 180.0
_STOP_SECONDS = 20.0


@asynccontextmanager
async def running_stack(settings: LocalSettings, screen: Screen) -> AsyncIterator[Control]:
    """Yield the control of the running stack. If none runs, start one, and stop it at the end.

    Raises `PartFailedError` if the stack cannot start.
    """
    control = Control(settings.local_data)
    if await _answers(control):
        yield control
        return
    screen.line("starting")
    argv = [sys.executable, "-m", "deploy.local"]
    launcher = Process("the stack", argv, env=os.environ, cwd=ROOT)

    async def is_up() -> bool:
        return await _answers(control)

    try:
        await launcher.start()
        await launcher.until_ready(is_up, _READY_SECONDS)
        screen.line("started")
        yield control
    finally:
        await launcher.stop(_STOP_SECONDS)


async def _answers(control: Control) -> bool:
    try:
        # The socket opens once all parts are ready.
        async with asyncio.timeout(_READY_SECONDS):
            await control.instances()
    except NoStackError:
        return False
    return True
