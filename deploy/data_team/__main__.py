"""`python -m deploy.data_team`: bring the funnel up to date and print it."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.live import Live

from deploy.data_team.follow import Follower, NoTopicError
from deploy.data_team.funnel import Funnel
from deploy.data_team.table import table_of
from deploy.local.settings import load_local
from deploy.local.stop_signals import heed_interrupts
from producer_api.contract.kafka_settings import KafkaSettings
from runtime.settings import load

_FAILED, _INTERRUPTED = 2, 130
_WIDTH = 140


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Return 0, or 2 with a message if Kafka, a topic or the file is missing.

    Returns 130 if the user interrupted it, and 0 if that ended `--follow`.
    """
    options = _parser().parse_args(arguments)
    try:
        with Funnel(options.database) as funnel:
            console = Console()
            if not console.is_terminal:
                console.width = _WIDTH  # so wide that nothing is cut in a file or a pipe
            asyncio.run(_run(options, funnel, console))
    except (KafkaError, NoTopicError, TimeoutError) as error:
        sys.stderr.write(f"cannot read the topics: {error or repr(error)}\n")
        return _FAILED
    except duckdb.Error as error:
        # For example, another run with --follow has opened the file.
        sys.stderr.write(f"cannot use {options.database}: {error}\n")
        return _FAILED
    except KeyboardInterrupt:
        return 0 if options.follow else _INTERRUPTED
    return 0


async def _run(options: argparse.Namespace, funnel: Funnel, console: Console) -> None:
    topics = [options.topic, options.receipts or f"{options.topic.removesuffix('s')}-receipts"]
    # Authentication is configured only by the environment, as for the programs.
    kafka = load(KafkaSettings).kafka_client_options() | {"bootstrap_servers": options.bootstrap}
    async with Follower.opened(kafka, topics, funnel) as follower:
        count = await follower.read_to_end()
        if not options.follow:
            console.print(table_of(funnel.rows()))
            console.print(f"{count:,} records since the last run")
            return
        with Live(table_of(funnel.rows()), console=console, auto_refresh=False) as live:
            while True:
                if await follower.step():
                    live.update(table_of(funnel.rows()), refresh=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.data_team", description=__doc__)
    local = load_local()
    bootstrap = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", f"localhost:{local.local_kafka_port}")
    parser.add_argument("--bootstrap", default=bootstrap, help="default: %(default)s")
    parser.add_argument("--topic", default=os.environ.get("KAFKA_TOPIC", "notifications"))
    parser.add_argument(
        "--receipts", help="default: the topic's name without its final s, plus -receipts"
    )
    database = local.local_data / "data-team" / "funnel.duckdb"
    parser.add_argument("--database", type=Path, default=database, help="default: %(default)s")
    parser.add_argument("--follow", action="store_true", help="keep reading until Ctrl-C")
    return parser


if __name__ == "__main__":
    heed_interrupts()
    sys.exit(main())
