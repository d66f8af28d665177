"""`python -m tests.auditor`: exit 0 where all is clean, 1 with findings, 2 without a verdict."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.auditor.audit import Sources, audit
from tests.auditor.errors import CannotAuditError
from tests.auditor.facts import Rules
from tests.auditor.report import as_json, as_text

CLEAN, FINDINGS, NO_VERDICT = 0, 1, 2

_DEFAULTS = {
    "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
    "KAFKA_TOPIC": "notifications",
    "KAFKA_GROUP_ID": "delivery",
    "MONGO_URL": "mongodb://localhost:27017/?replicaSet=rs0",
    "MONGO_DATABASE": "notifications",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit, print, and say how it went."""
    wanted = _parser().parse_args(arguments)
    try:
        verdict = asyncio.run(audit(_sources(wanted), _rules(wanted)))
    except CannotAuditError as error:
        sys.stderr.write(f"no verdict: {error}\n")
        return NO_VERDICT
    sys.stdout.write(as_text(verdict, wanted.show) + "\n")
    if wanted.json:
        wanted.json.write_text(as_json(verdict) + "\n")
    return CLEAN if verdict.clean else FINDINGS


def _sources(wanted: argparse.Namespace) -> Sources:
    return Sources(
        bootstrap=wanted.bootstrap,
        topic=wanted.topic,
        group=wanted.group,
        mongo_url=wanted.mongo_url,
        database=wanted.database,
        clients=tuple(wanted.clients),
        accepted=tuple(wanted.accepted),
        samples=tuple(wanted.samples),
    )


def _rules(wanted: argparse.Namespace) -> Rules:
    return Rules(
        complete=frozenset(wanted.complete_for) or wanted.complete,
        hold=wanted.hold,
        skew_seconds=wanted.skew_seconds,
        clock_noise_seconds=wanted.clock_noise_seconds,
        max_duplicates=wanted.max_duplicates,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.auditor",
        description="Judges what the pipeline promises by what can be seen of it.",
        epilog="Exit: 0 clean, 1 findings, 2 no verdict. The logs: tests/auditor/logs.py.",
    )
    _add_parts(parser)
    _add_logs(parser)
    _add_rules(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the whole verdict there")
    parser.add_argument("--show", type=_count, default=10, help="findings printed of each kind")
    return parser


def _add_parts(parser: argparse.ArgumentParser) -> None:
    setting = {name: os.environ.get(name) or default for name, default in _DEFAULTS.items()}
    parts = parser.add_argument_group("the pipeline (defaults as of the programs' environment)")
    parts.add_argument("--bootstrap", default=setting["KAFKA_BOOTSTRAP_SERVERS"])
    parts.add_argument("--topic", default=setting["KAFKA_TOPIC"])
    parts.add_argument("--group", default=setting["KAFKA_GROUP_ID"])
    parts.add_argument("--mongo-url", default=setting["MONGO_URL"])
    parts.add_argument("--database", default=setting["MONGO_DATABASE"])


def _add_logs(parser: argparse.ArgumentParser) -> None:
    logs = parser.add_argument_group("what the run wrote (files, or folders of *.jsonl)")
    for name, text in (
        ("clients", "the clients' own logs; delivered_at without one is a finding"),
        ("accepted", "what the API accepted"),
        ("samples", "committed offsets seen during the run"),
    ):
        logs.add_argument(f"--{name}", type=_path, nargs="+", default=[], metavar="PATH", help=text)


def _add_rules(parser: argparse.ArgumentParser) -> None:
    rules = parser.add_argument_group("what to hold it to")
    rules.add_argument(
        "--complete", action="store_true", help="users connected to the end must have everything"
    )
    rules.add_argument(
        "--complete-for", nargs="+", default=[], metavar="USER", help="these must have everything"
    )
    rules.add_argument("--hold", action="store_true", help="the offline policy is hold, not park")
    rules.add_argument("--max-duplicates", type=_count, metavar="N", help="more are a finding")
    rules.add_argument(
        "--skew-seconds", type=_seconds, default=0.0, help="between the producers' clocks"
    )
    rules.add_argument(
        "--clock-noise-seconds", type=_seconds, default=0.1, help="between an ack and its time"
    )


def _path(text: str) -> Path:
    path = Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{text!r} does not exist")
    return path


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of things")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
