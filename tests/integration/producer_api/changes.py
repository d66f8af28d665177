"""The records of one user on the topic."""

from typing import Any, NamedTuple

import orjson

from tests.integration.producer_api.outside import drained
from tests.services.world import World


class Change(NamedTuple):
    """A record on the topic: the event's id, kind, time and value."""

    id: str
    kind: str
    time: str
    value: dict[str, Any]

    @property
    def ids(self) -> list[str]:
        """The ids of the changed notifications."""
        return [change["id"] for change in self.value["changed"]]


async def changes_of(world: World, user: str = "ana") -> list[Change]:
    """Return the user's records in order, without repeats, which consumers drop too."""
    await drained(world)
    by_id: dict[str, Change] = {}
    for record in await world.records(world.settings.kafka_topic):
        if record.key == user.encode():
            headers = {name: value.decode() for name, value in record.headers}
            kind = headers["ce_type"].removeprefix("notification.")
            value = orjson.loads(record.value)
            if kind == "created":
                value = {"changed": [value]}
            change = Change(headers["ce_id"], kind, headers["ce_time"], value)
            by_id.setdefault(change.id, change)
    return list(by_id.values())


async def inbox_events_of(world: World, user: str = "ana") -> list[tuple[str, dict[str, Any]]]:
    """Return the user's `inbox` events in the order of the log, each with the record's `ce_id`.

    Repeats are left out, because consumers drop them too.
    """
    await drained(world)
    by_id: dict[str, dict[str, Any]] = {}
    for record in await world.records(world.settings.kafka_topic):
        headers = dict(record.headers)
        is_created = headers["ce_type"] == b"notification.created"
        text = headers.get("inbox") if is_created else record.value
        if record.key == user.encode() and text is not None:
            by_id.setdefault(headers["ce_id"].decode(), orjson.loads(text))
    return list(by_id.items())


async def kinds_of(world: World) -> list[str]:
    return [kind.removeprefix("notification.") for kind, _ in await records_of(world)]


async def records_of(world: World, user: str = "ana") -> list[tuple[str, dict[str, Any]]]:
    """Return the event types and values of the user's records in order, without repeats."""
    await drained(world)
    by_id: dict[bytes, tuple[str, dict[str, Any]]] = {}
    for record in await world.records(world.settings.kafka_topic):
        if record.key == user.encode():
            headers = dict(record.headers)
            type_and_value = headers["ce_type"].decode(), orjson.loads(record.value)
            by_id.setdefault(headers["ce_id"], type_and_value)
    return list(by_id.values())
