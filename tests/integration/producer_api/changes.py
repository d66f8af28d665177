"""What a user's records on the topic say."""

from typing import Any, NamedTuple

import orjson

from tests.integration.producer_api.outside import drained
from tests.services.world import World


class Change(NamedTuple):
    """A record on the topic: what it says was done, and its value."""

    id: str
    kind: str
    time: str
    value: dict[str, Any]

    @property
    def ids(self) -> list[str]:
        """The notifications it names."""
        return [each["id"] for each in self.value["changed"]]


async def changes_of(world: World, user: str = "ana") -> list[Change]:
    """The user's records in order, repeats dropped as consumers drop them."""
    await drained(world)
    found: dict[str, Change] = {}
    for record in await world.records(world.settings.kafka_topic):
        if record.key == user.encode():
            headers = {name: value.decode() for name, value in record.headers}
            kind = headers["ce_type"].removeprefix("notification.")
            value = orjson.loads(record.value)
            if kind == "created":
                value = {"changed": [value]}
            change = Change(headers["ce_id"], kind, headers["ce_time"], value)
            found.setdefault(change.id, change)
    return list(found.values())
