"""`python -m tests.bench.hot_path`: delivery's own CPU from a fetched record to its push, and back.

Runs the real parts in this process, without Kafka, MongoDB and sockets. Every user is live, and
each record is acknowledged before the user's next one. Prints the figures, with `--json` as JSON.
With `--profile`, and without `--json`, also prints where the time goes.
"""

import argparse
import asyncio
import cProfile
import gc
import json
import pstats
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import pairwise
from math import inf
from statistics import quantiles
from types import SimpleNamespace as Namespace
from typing import Any, cast

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from delivery.consume.feeder import Feeder
from delivery.consume.intake import Intake
from delivery.consume.parse_record import parse_record
from delivery.consume.stopped_notes import StoppedNotes
from delivery.consume.troubled_partitions import TroubledPartitions
from delivery.core.decision_types import Event
from delivery.core.ownership import Ownership
from delivery.core.record import OwedNotification
from delivery.core.rules import Rules
from delivery.core.tracker import Tracker
from delivery.dead_letters.sender import DeadLetters
from delivery.delivered.writer import DeliveredWriter
from delivery.push.catch_up import CatchUp
from delivery.push.deadlines import Deadlines
from delivery.push.parts import PushParts
from delivery.push.routes import Routes, connection_of
from delivery.push.subscribers import Subscribers
from delivery.receipts.owed_receipts import Delivered
from delivery.receipts.queue import Receipts
from producer_api.contract.events import EventType, headers
from producer_api.contract.ids import IdSource

_USERS = (500, 2_000, 10_000)
_RECORDS = 40_000
#: How many records are fetched, pushed and acknowledged together.
_AT_ONCE = 50
_PLACE = TopicPartition("notifications", 0)
_EPOCH = 1
_STAGES = ("parse", "intake to push", "ack to write", "written to settled")

Figures = dict[str, float]


class _Sockets:
    """Receives all pushes. Keeps their ack callbacks for the benchmark to call."""

    def __init__(self) -> None:
        self.acks: list[Callable[[], None]] = []

    def push(self, _socket: str, _event: Event, acked: Callable[[], None], *, again: bool) -> None:
        assert not again
        self.acks.append(acked)

    def disconnect(self, socket: str, _fault: str) -> None:
        raise AssertionError(f"{socket} is ended")

    def emit_inbox(self, user: str, _payload: bytes) -> None:
        raise AssertionError(f"{user} gets an inbox event")


class _Stack:
    """The parts of delivery from intake to settlement, with live users."""

    def __init__(self, users: int) -> None:
        self._ids = IdSource()
        self._users = [f"shopper-{number:08}" for number in range(users)]
        self.sockets = _Sockets()
        self.writes: list[Callable[[], None]] = []
        self._offset = 0
        answers: list[Callable[[list[OwedNotification]], None]] = []
        routes, subscribers = Routes(), Subscribers()
        routes.open("own", self.sockets)
        subscribers.adopt(Ownership(1, ("http://127.0.0.1:8101",)), (_PLACE.partition,))
        push = PushParts.wired(
            Rules(ack_timeout_seconds=10, ack_attempts=3),
            subscribers,
            routes,
            cast(DeliveredWriter, Namespace(add=self._write)),
            Receipts(),
            cast(CatchUp, Namespace(ask=lambda _, answer: answers.append(answer))),
            Deadlines(),
        )
        self.tracker = Tracker(0, _EPOCH)
        push.owner.assign(_PLACE.partition, self.tracker)
        self.partition = push.owner.partitions[_PLACE.partition]
        for user in self._users:
            push.owner.subscribe(user, connection_of("own", f"socket-of-{user}"))
        for answer in answers:
            answer([])
        consumer = cast(AIOKafkaConsumer, None)
        feeder = Feeder(push, cast(DeadLetters, None), 10_000, 2**28)
        troubled = TroubledPartitions(
            consumer, push.owner, feeder, cast(StoppedNotes, None), _at_once, asyncio.Event()
        )
        self._intake = Intake(consumer, push.owner, feeder, troubled, _at_once)

    def _write(self, _delivered: Delivered, then: Callable[[], None]) -> None:
        self.writes.append(then)

    def records(self, count: int) -> list[ConsumerRecord]:
        """Return the next records, one for each of the next users."""
        return [self._record() for _ in range(count)]

    def _record(self) -> ConsumerRecord:
        offset, self._offset = self._offset, self._offset + 1
        user = self._users[offset % len(self._users)]
        notification_id, created_at = self._ids.next(), "2026-01-01T10:15:30.123Z"
        value = orjson.dumps(_notification(notification_id, user, created_at))
        fields = headers(notification_id, EventType.CREATED, "order-service", created_at)
        key = user.encode()
        return ConsumerRecord(
            _PLACE.topic, 0, offset, 0, 0, key, value, None, len(key), len(value), tuple(fields)
        )

    def feed(self, fetches: list[deque[ConsumerRecord]]) -> None:
        """Pass the records of these fetches to intake."""
        feed, partition = self._intake._feed, self.partition
        self._intake._slice_end = inf
        for fetch in fetches:
            feed(_PLACE, partition, fetch)


def _notification(notification_id: str, user: str, created_at: str) -> dict[str, Any]:
    return {
        "id": notification_id,
        "user_id": user,
        "type": "order.shipped",
        "title": "Su pedido está en camino",
        "body": "Salió de nuestro almacén y llega mañana entre las 9:00 y las 14:00.",
        "data": {"order_id": "A-2026-000123", "carrier": "Correos", "url": "/orders/A-2026-000123"},
        "created_at": created_at,
        "expires_at": None,
        "collapse_key": None,
    }


async def _at_once() -> None:
    """Do nothing, because there is always room downstream."""


def _call_all(callbacks: list[Callable[[], None]]) -> None:
    called = callbacks[:]
    callbacks.clear()
    for callback in called:
        callback()


def _parse(records: list[ConsumerRecord]) -> None:
    for record in records:
        parse_record(record, _EPOCH)


def _measure(users: int, per_fetch: int, records: int) -> Figures:
    """Return the microseconds of CPU per record, by stage.

    `intake to push` includes parsing.
    """
    stack = _Stack(users)
    for batch in _batches(stack, 2 * users):
        stack.feed(_fetches(batch, per_fetch))
        _call_all(stack.sockets.acks)
        _call_all(stack.writes)
    gc.collect()
    gc.disable()  # its pauses depend on all objects of the process, not only on delivery's
    spent: dict[str, list[float]] = {stage: [] for stage in _STAGES}
    for batch in _batches(stack, records):
        fetches = _fetches(batch, per_fetch)
        times = [time.process_time()]
        _parse(batch)
        times.append(time.process_time())
        stack.feed(fetches)
        times.append(time.process_time())
        _call_all(stack.sockets.acks)
        times.append(time.process_time())
        _call_all(stack.writes)
        times.append(time.process_time())
        for stage, (begin, end) in zip(_STAGES, pairwise(times), strict=True):
            spent[stage].append((end - begin) / len(batch) * 1e6)
    gc.enable()
    assert stack.tracker.in_flight == 0
    # Other programs on the machine increase this one's CPU time too, so take the 10th percentile.
    figures = {stage: quantiles(micros, n=10)[0] for stage, micros in spent.items()}
    return figures | {"in all": sum(list(figures.values())[1:])}


def _batches(stack: _Stack, count: int) -> Iterator[list[ConsumerRecord]]:
    for _ in range(count // _AT_ONCE):
        yield stack.records(_AT_ONCE)


def _fetches(batch: list[ConsumerRecord], per_fetch: int) -> list[deque[ConsumerRecord]]:
    starts = range(0, len(batch), per_fetch)
    return [deque(batch[start : start + per_fetch]) for start in starts]


async def _run(per_fetch: int, records: int) -> dict[str, Figures]:
    return {f"{users} users": _measure(users, per_fetch, records) for users in _USERS}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hot_path", description=__doc__)
    parser.add_argument("--per-fetch", type=int, default=1, help="records of one fetch")
    parser.add_argument("--records", type=int, default=_RECORDS, help="records of a measurement")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    profile = cProfile.Profile() if options.profile else None
    with profile or nullcontext():
        results = asyncio.run(_run(options.per_fetch, options.records))
    if options.json:
        sys.stdout.write(json.dumps(results) + "\n")
        return
    for name, figures in results.items():
        values = "  ".join(f"{stage} {micros:6.1f}" for stage, micros in figures.items())
        sys.stdout.write(f"{name:<12} {values}  (µs of CPU a record)\n")
    if profile is not None:
        pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main()
