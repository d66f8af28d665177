"""`python -m deploy.tour`: play the guarantees on the local stack, and check them."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence

from delivery.tools.settings import ToolSettings
from deploy.local.environment import shared_environment
from deploy.local.ports import HOST
from deploy.local.process import PartFailedError
from deploy.local.settings import LocalSettings, load_local
from deploy.local.stop_signals import heed_interrupts
from deploy.tour.play import play_all
from deploy.tour.room import room_of
from deploy.tour.screen import Screen
from deploy.tour.stack import running_stack
from deploy.tour.stage import Addresses, Stage
from deploy.tour.steps import STEPS
from deploy.tour.words import LANGUAGES, Words
from runtime.settings import load

_EXIT_CANNOT_START = 2
_EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the tour. Return 0 if every check holds, or else 1; 2 if there is no stack."""
    options = _parser().parse_args(arguments)
    settings = load_local()
    screen = Screen(Words(options.language))
    # The screen shows what fails. When the tour stops Kafka, Kafka's clients would log many errors.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(_until_signal(_tour(options, settings, screen), screen))
    except PartFailedError as error:
        sys.stderr.write(f"cannot start: {error}\n")
        return _EXIT_CANNOT_START


async def _tour(options: argparse.Namespace, settings: LocalSettings, screen: Screen) -> int:
    numbered = list(enumerate(STEPS, 1))
    chosen = [numbered[options.step - 1]] if options.step else numbered
    async with running_stack(settings, screen) as control:
        # Use the running stack's addresses, even if the environment has others.
        os.environ.update(shared_environment(settings))
        room = await room_of(settings)
        if room is None:
            screen.line("room.none")
        else:
            screen.line("room", url=room)
        addresses = Addresses(
            f"http://{HOST}:{settings.producer_api_port}",
            f"http://{HOST}:{settings.ui_port}",
            os.environ["AUTH_JWT_SECRET"],
        )
        tools = load(ToolSettings)
        async with Stage.opened(addresses, tools, control, options.patience) as stage:
            pause = _pause_of(screen) if options.pause else _no_pause
            return await play_all(chosen, len(STEPS), stage, screen, pause)


async def _until_signal(tour: Awaitable[int], screen: Screen) -> int:
    """Run the tour. The first signal makes it clean up. A second one cancels the clean-up."""
    running = asyncio.ensure_future(tour)
    interrupted = False

    def stop(number: int) -> None:
        nonlocal interrupted
        if interrupted and number == signal.SIGHUP:
            return  # a SIGHUP follows a Ctrl-C, see `heed_interrupts`
        if not interrupted:
            screen.line("interrupted")
        interrupted = True
        running.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)
    try:
        return await running
    except asyncio.CancelledError:
        return _EXIT_INTERRUPTED


async def _no_pause() -> None:
    """Do not wait between steps."""


def _pause_of(screen: Screen) -> Callable[[], Awaitable[None]]:
    async def pause() -> None:
        screen.say("pause")
        loop, typed = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(sys.stdin, typed.set)
        try:
            await typed.wait()
        finally:
            loop.remove_reader(sys.stdin)
        sys.stdin.readline()

    return pause


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.tour", description=__doc__)
    parser.add_argument(
        "--step", type=int, choices=range(1, len(STEPS) + 1), help="play only this step"
    )
    parser.add_argument(
        "--language", choices=sorted(LANGUAGES), default="es", help="default: %(default)s"
    )
    parser.add_argument(
        "--pause",
        action=argparse.BooleanOptionalAction,
        default=sys.stdin.isatty() and sys.stdout.isatty(),
        help="wait for Enter between steps; default: in a terminal",
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=60,
        metavar="SECONDS",
        help="how long a check may wait for what it claims; default: %(default)g",
    )
    return parser


if __name__ == "__main__":
    heed_interrupts()
    sys.exit(main())
