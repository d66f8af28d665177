"""Reads the files that a run wrote about itself. `logs.py` documents their format."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

from tests.auditor.errors import CannotAuditError
from tests.auditor.facts import AcceptedNotification, ClientEntry, OffsetSample, Telling

_EVENTS = {"connected", "received", "acked", "erased", "disconnected"}

Fact = TypeVar("Fact")


def read_client_entries(paths: Iterable[Path]) -> tuple[ClientEntry, ...]:
    """Return the entries of the clients' logs. Raises `CannotAuditError`.

    Paths are files, or folders of `*.jsonl`. The entries of all files are merged by time, because
    a client may continue in another file. The order within a file is kept.
    """
    files = [_facts((path,), _entry) for path in _files(paths)]
    return tuple(merge(*files, key=attrgetter("at")))


def read_accepted(paths: Iterable[Path]) -> tuple[AcceptedNotification, ...]:
    """Return the notifications that the API accepted. Raises `CannotAuditError`."""
    return tuple(_facts(paths, _accepted))


def read_samples(paths: Iterable[Path]) -> tuple[OffsetSample, ...]:
    """Return the committed offsets seen during the run. Raises `CannotAuditError`."""
    return tuple(_facts(paths, _sample))


def read_tellings(paths: Iterable[Path]) -> tuple[Telling, ...]:
    """Return the notifications that the away program told. Raises `CannotAuditError`."""
    return tuple(_facts(paths, _telling))


def _facts(paths: Iterable[Path], to_fact: Callable[[dict[str, Any]], Fact]) -> Iterator[Fact]:
    for path in _files(paths):
        for number, line in enumerate(_lines(path), 1):
            try:
                yield to_fact(json.loads(line))
            except (KeyError, TypeError, ValueError) as error:
                raise CannotAuditError(f"{path}, line {number}: {error!r}") from error


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            files = sorted(path.glob("*.jsonl"))
            if not files:
                raise CannotAuditError(f"{path}: the folder has no *.jsonl")
            yield from files
        else:
            yield path


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotAuditError(f"{path}: {error}") from error


def _entry(line: dict[str, Any]) -> ClientEntry:
    if line["event"] not in _EVENTS:
        raise ValueError(f"unknown event {line['event']!r}")
    ids = tuple(str(notification_id) for notification_id in line.get("ids", ()))
    client, user, up_to = str(line["client"]), str(line["user"]), str(line.get("up_to", ""))
    return ClientEntry(_time(line), client, user, line["event"], ids, up_to)


def _accepted(line: dict[str, Any]) -> AcceptedNotification:
    return AcceptedNotification(
        id=str(line["id"]),
        user=str(line["user"]),
        producer=str(line.get("producer", "")),
        answered_at=_time(line),
        requested_at=_time(line, "began") if "began" in line else 0.0,
    )


def _sample(line: dict[str, Any]) -> OffsetSample:
    return OffsetSample(_time(line), int(line["partition"]), int(line["offset"]))


def _telling(line: dict[str, Any]) -> Telling:
    way, receiver = str(line["way"]), str(line["receiver"])
    return Telling(_time(line), way, receiver, str(line["user"]), str(line["id"]))


def _time(line: dict[str, Any], field: str = "at") -> float:
    time = datetime.fromisoformat(line[field])
    if time.tzinfo is None:
        raise ValueError(f"{field!r} has no offset from UTC: {line[field]!r}")
    return time.timestamp()
