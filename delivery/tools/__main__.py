"""`python -m delivery.tools`: inspect the running pipeline, and repair it."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError
from rich.console import Console

from delivery.tools.away import away
from delivery.tools.dlq import replay, show_list, show_one
from delivery.tools.push_again import push_again
from delivery.tools.settings import ToolSettings
from delivery.tools.shadow import SameGroupError, shadow
from delivery.tools.skip import show_stopped, skip
from delivery.tools.status import status
from delivery.tools.topics import topics
from producer_api.contract.mongo_problem import mongo_problem
from runtime.settings import load

_FAILED, _INTERRUPTED = 2, 130
_WIDTH = 140
_TIME = "for example 2026-11-02T08:00:00Z"
_PLACE = "partition:offset on the dead-letter topic, for example 0:17"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Return 0 on success, 1 if it found a problem, or 2 if it failed.

    Returns 130 if the user interrupted it, and 0 if that ended the live status.
    """
    options = _parser().parse_args(arguments)
    settings = load(ToolSettings)
    # This program prints the errors itself.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(_command(options, settings, _console()))
    except KeyboardInterrupt:
        # Only the live status ends like this. Any other command has done only a part of its work.
        is_live = options.command == "status" and not options.once
        return 0 if is_live else _INTERRUPTED
    except PyMongoError as error:
        sys.stderr.write(f"failed: {mongo_problem(error)}\n")
    except (KafkaError, SameGroupError, TimeoutError) as error:
        sys.stderr.write(f"failed: {error or repr(error)}\n")
    return _FAILED


def _console() -> Console:
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH  # rich would cut lines to 80 characters in a file or a pipe
    return console


def _command(
    options: argparse.Namespace, settings: ToolSettings, console: Console
) -> Coroutine[Any, Any, int]:
    match options.command, getattr(options, "what", None):
        case "away", str(what):
            chosen = getattr(options, "notification", ())
            return away(what, settings, console, chosen, apply=getattr(options, "apply", False))
        case "dlq", str(what):
            return _dlq(what, options, settings, console)
        case "replay", _:
            user, times = options.user, (options.since, options.until or datetime.now(UTC))
            return push_again(settings, user, *times, console, apply=options.apply)
        case "shadow", _:
            return shadow(settings, options.group, console)
    return _inspect_partitions(options, settings, console)


def _dlq(
    what: str, options: argparse.Namespace, settings: ToolSettings, console: Console
) -> Coroutine[Any, Any, int]:
    match what:
        case "list":
            return show_list(settings, console)
        case "show":
            return show_one(settings, options.place, console)
    return replay(settings, options.place, console, apply=options.apply)


def _inspect_partitions(
    options: argparse.Namespace, settings: ToolSettings, console: Console
) -> Coroutine[Any, Any, int]:
    match options.command:
        case "skip":
            return _skip(options, settings, console)
        case "topics":
            return topics(settings, console, apply=options.apply)
    return status(settings, console, once=options.once)


def _skip(
    options: argparse.Namespace, settings: ToolSettings, console: Console
) -> Coroutine[Any, Any, int]:
    if options.partition is None:
        return show_stopped(settings, console)
    return skip(settings, options.partition, options.to, console, apply=options.apply)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m delivery.tools",
        description=__doc__,
        epilog="A command that repairs something only prints what it would change, unless --apply "
        "is given. The commands read the same environment variables as delivery.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_away(commands.add_parser("away", help="webhooks that were given up; keys for Web Push"))
    _add_dlq(commands.add_parser("dlq", help="records that delivery could not read"))
    replay_parser = commands.add_parser("replay", help="push a user's notifications again")
    replay_parser.add_argument("--user", required=True)
    replay_parser.add_argument(
        "--since", required=True, type=_moment, help=f"first creation time, {_TIME}"
    )
    replay_parser.add_argument(
        "--until", type=_moment, help="stop before this creation time; default: now"
    )
    _add_apply(replay_parser)
    shadow_parser = commands.add_parser("shadow", help="compare the topic with the receipts")
    shadow_parser.add_argument(
        "--group",
        required=True,
        help="a name for the offsets; the next run with this name continues from them",
    )
    _add_skip(commands.add_parser("skip", help="let a partition pass a batch that cannot be read"))
    status_parser = commands.add_parser(
        "status", help="show partitions, owners, lag, and the users who wait longest"
    )
    status_parser.add_argument(
        "--once", action="store_true", help="print the status once instead of showing it live"
    )
    _add_apply(commands.add_parser("topics", help="show the topics, or create the missing ones"))
    return parser


def _add_away(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("list", help="list the webhooks that were given up")
    replay_parser = commands.add_parser("replay", help="make them due again")
    replay_parser.add_argument("notification", nargs="*", help="an id; default: all")
    _add_apply(replay_parser)
    commands.add_parser("keys", help="make a pair of keys for Web Push")


def _add_dlq(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("list", help="list all dead letters")
    commands.add_parser("show", help="print one dead letter").add_argument("place", help=_PLACE)
    replay_parser = commands.add_parser("replay", help="deliver the notifications of dead letters")
    replay_parser.add_argument("place", nargs="*", help=f"{_PLACE}; default: all")
    _add_apply(replay_parser)


def _add_skip(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "partition", nargs="?", type=int, help="default: only list the stopped partitions"
    )
    parser.add_argument(
        "--to", type=int, help="the offset to go on at; default: after the batch, if it is known"
    )
    _add_apply(parser)


def _add_apply(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--apply", action="store_true", help="make the changes, instead of only printing them"
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an RFC 3339 time, {_TIME}") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} has no offset from UTC: append Z, or an offset like +01:00"
        )
    return moment


if __name__ == "__main__":
    sys.exit(main())
