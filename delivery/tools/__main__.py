"""`python -m delivery.tools`: look at the running pipeline, and repair what went wrong."""

import argparse
import asyncio
import contextlib
import logging
import sys
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError
from rich.console import Console

from delivery.tools.dead_letters import replay, show_list, show_one
from delivery.tools.push_again import push_again
from delivery.tools.settings import ToolSettings
from delivery.tools.shadow import SameGroupError, shadow
from delivery.tools.status import status
from runtime.settings import load

_FAILED = 2
_WIDTH = 140


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where all is well, 1 where there is something to see, 2 where nothing could be said."""
    wanted = _parser().parse_args(arguments)
    settings = load(ToolSettings)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what fails is told below
    try:
        with contextlib.suppress(KeyboardInterrupt):
            return asyncio.run(_command(wanted, settings, _console()))
    except (KafkaError, PyMongoError, SameGroupError, TimeoutError) as error:
        sys.stderr.write(f"cannot: {error or repr(error)}\n")
        return _FAILED
    return 0


def _console() -> Console:
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH  # into a file or a pipe, nothing is cut
    return console


def _command(
    wanted: argparse.Namespace, settings: ToolSettings, console: Console
) -> Coroutine[Any, Any, int]:
    match wanted.command, getattr(wanted, "what", None):
        case "dlq", "list":
            return show_list(settings, console)
        case "dlq", "show":
            return show_one(settings, wanted.place, console)
        case "dlq", _:
            return replay(settings, wanted.place, console, apply=wanted.apply)
        case "replay", _:
            user, times = wanted.user, (wanted.since, wanted.until or datetime.now(UTC))
            return push_again(settings, user, *times, console, apply=wanted.apply)
        case "shadow", _:
            return shadow(settings, wanted.group, console)
    return status(settings, console, once=wanted.once)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m delivery.tools",
        description=__doc__,
        epilog="What changes anything says what it would do, and does it with --apply only. The "
        "pipeline is found by the same variables as delivery's.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_dlq(commands.add_parser("dlq", help="the records that could not be read"))
    again = commands.add_parser("replay", help="push to a user again what was sent since then")
    again.add_argument("--user", required=True)
    again.add_argument("--since", required=True, type=_moment, help="as 2026-11-02T08:00:00Z")
    again.add_argument("--until", type=_moment, help="not with it; now, if not given")
    _add_apply(again)
    compared = commands.add_parser("shadow", help="hold the topic against the receipts")
    compared.add_argument("--group", required=True, help="under which to go on the next time")
    shown = commands.add_parser("status", help="partitions, owners, lag, who waits longest")
    shown.add_argument("--once", action="store_true", help="print it, and end")
    return parser


def _add_dlq(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("list", help="all of them")
    commands.add_parser("show", help="one of them").add_argument("place", help="as 0:17")
    replayed = commands.add_parser("replay", help="bring what they were about to their users")
    replayed.add_argument("place", nargs="*", help="as 0:17; all, if not given")
    _add_apply(replayed)


def _add_apply(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--apply", action="store_true", help="do it; else it is only said")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} lacks its offset from UTC, as Z")
    return moment


if __name__ == "__main__":
    sys.exit(main())
