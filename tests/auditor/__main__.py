"""`python -m tests.auditor`: exits with 0 if clean, 1 with findings, 2 without a verdict."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.auditor.audit import Sources, audit
from tests.auditor.errors import CannotAuditError
from tests.auditor.facts import Rules
from tests.auditor.kafka_options import security_of
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
    """Audit, print the report, and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        verdict = asyncio.run(audit(_sources(options), _rules(options)))
    except CannotAuditError as error:
        sys.stderr.write(f"no verdict: {error}\n")
        return NO_VERDICT
    sys.stdout.write(as_text(verdict, options.show) + "\n")
    if options.json:
        options.json.write_text(as_json(verdict) + "\n")
    return CLEAN if verdict.clean else FINDINGS


def _sources(options: argparse.Namespace) -> Sources:
    return Sources(
        bootstrap=options.bootstrap,
        topic=options.topic,
        group=options.group,
        mongo_url=options.mongo_url,
        database=options.database,
        clients=tuple(options.clients),
        accepted=tuple(options.accepted),
        samples=tuple(options.samples),
        tellings=tuple(options.tellings),
        security=security_of(os.environ),
    )


def _rules(options: argparse.Namespace) -> Rules:
    return Rules(
        complete=frozenset(options.complete_for) or options.complete,
        hold=options.hold,
        skew_seconds=options.skew_seconds,
        clock_noise_seconds=options.clock_noise_seconds,
        log_replaced=options.log_replaced and tuple(options.log_replaced),
        max_duplicates=options.max_duplicates,
        told_within=options.told_within,
        away_until_seen=options.away_until_seen,
        may_tell_again=options.may_tell_again,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.auditor",
        description="Checks the pipeline's guarantees from outside.",
        epilog="Exit code: 0 clean, 1 findings, 2 no verdict. Log format: tests/auditor/logs.py.",
    )
    _add_sources(parser)
    _add_logs(parser)
    _add_rules(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the whole verdict to FILE")
    parser.add_argument(
        "--show",
        type=_count,
        default=10,
        help="findings to print of each kind (default: %(default)s)",
    )
    return parser


def _add_sources(parser: argparse.ArgumentParser) -> None:
    setting = {name: os.environ.get(name) or default for name, default in _DEFAULTS.items()}
    sources = parser.add_argument_group(
        "the pipeline", "Defaults come from the environment variables of the programs."
    )
    sources.add_argument("--bootstrap", default=setting["KAFKA_BOOTSTRAP_SERVERS"])
    sources.add_argument("--topic", default=setting["KAFKA_TOPIC"])
    sources.add_argument("--group", default=setting["KAFKA_GROUP_ID"])
    sources.add_argument("--mongo-url", default=setting["MONGO_URL"])
    sources.add_argument("--database", default=setting["MONGO_DATABASE"])


def _add_logs(parser: argparse.ArgumentParser) -> None:
    logs = parser.add_argument_group("the logs of the run", "Files, or folders of *.jsonl.")
    for name, text in (
        ("clients", "the clients' logs; a delivered_at without an ack in them is a finding"),
        ("accepted", "the notifications that the API accepted"),
        ("samples", "the committed offsets seen during the run"),
        ("tellings", "what the away program told, logged by its receivers"),
    ):
        logs.add_argument(f"--{name}", type=_path, nargs="+", default=[], metavar="PATH", help=text)


def _add_rules(parser: argparse.ArgumentParser) -> None:
    rules = parser.add_argument_group("what the run must fulfil")
    rules.add_argument(
        "--complete", action="store_true", help="users who are still connected must have everything"
    )
    rules.add_argument(
        "--complete-for",
        nargs="+",
        default=[],
        metavar="USER",
        help="these users must have everything",
    )
    rules.add_argument(
        "--log-replaced",
        type=_seconds,
        nargs=2,
        metavar="SECONDS",
        help="Unix times: the topic was deleted, and delivery noticed that it was made again",
    )
    rules.add_argument("--hold", action="store_true", help="DELIVERY_OFFLINE_POLICY is hold")
    rules.add_argument(
        "--max-duplicates", type=_count, metavar="N", help="more duplicates are a finding"
    )
    rules.add_argument(
        "--told-within",
        type=_seconds,
        metavar="SECONDS",
        help="what the user has not got by then must be told by webhook",
    )
    rules.add_argument("--away-until-seen", action="store_true", help="AWAY_UNTIL is seen")
    rules.add_argument("--may-tell-again", action="store_true", help="an away process died")
    rules.add_argument(
        "--skew-seconds", type=_seconds, default=0.0, help="how far the producers' clocks differ"
    )
    rules.add_argument(
        "--clock-noise-seconds", type=_seconds, default=0.1, help="how far the other clocks differ"
    )


def _path(text: str) -> Path:
    path = Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{text!r} does not exist")
    return path


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds of at least 0")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
