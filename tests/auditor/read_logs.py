"""Reads the files that a run wrote about itself; `logs.py` has their format."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

from tests.auditor.errors import CannotAuditError
from tests.auditor.facts import Accepted, Entry, Sample

_EVENTS = {"connected", "received", "acked", "erased", "disconnected"}

Fact = TypeVar("Fact")


def read_entries(paths: Iterable[Path]) -> tuple[Entry, ...]:
    """The clients' logs: files, or folders of `*.jsonl`. Raises `CannotAuditError`.

    In the order of time, whatever the files are called: a client may go on in another one. Each
    file's own order stands.
    """
    files = [_facts((path,), _entry) for path in _files(paths)]
    return tuple(merge(*files, key=attrgetter("at")))


def read_accepted(paths: Iterable[Path]) -> tuple[Accepted, ...]:
    """What the API accepted. Raises `CannotAuditError`."""
    return tuple(_facts(paths, _accepted))


def read_samples(paths: Iterable[Path]) -> tuple[Sample, ...]:
    """The committed offsets seen during the run. Raises `CannotAuditError`."""
    return tuple(_facts(paths, _sample))


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
            found = sorted(path.glob("*.jsonl"))
            if not found:
                raise CannotAuditError(f"{path}: no *.jsonl there")
            yield from found
        else:
            yield path


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotAuditError(f"{path}: {error}") from error


def _entry(line: dict[str, Any]) -> Entry:
    if line["event"] not in _EVENTS:
        raise ValueError(f"unknown event {line['event']!r}")
    ids = tuple(str(name) for name in line.get("ids", ()))
    client, user, up_to = str(line["client"]), str(line["user"]), str(line.get("up_to", ""))
    return Entry(_moment(line), client, user, line["event"], ids, up_to)


def _accepted(line: dict[str, Any]) -> Accepted:
    name, user, producer = str(line["id"]), str(line["user"]), str(line.get("producer", ""))
    began = _moment(line, "began") if "began" in line else 0.0
    return Accepted(name, user, producer, _moment(line), began)


def _sample(line: dict[str, Any]) -> Sample:
    return Sample(_moment(line), int(line["partition"]), int(line["offset"]))


def _moment(line: dict[str, Any], name: str = "at") -> float:
    moment = datetime.fromisoformat(line[name])
    if moment.tzinfo is None:
        raise ValueError(f"{name!r} lacks its offset from UTC")
    return moment.timestamp()
