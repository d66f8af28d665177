"""The trace contexts of callers and of records on the topic."""

from tests.integration.producer_api.outside import drained
from tests.services.world import World

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


ANOTHER_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-00"


async def traces_of(world: World) -> list[str | None]:
    """Return the trace contexts of all records in order, without repeats."""
    await drained(world)
    by_id: dict[str, str | None] = {}
    for record in await world.records(world.settings.kafka_topic):
        headers = {name: value.decode() for name, value in record.headers}
        by_id.setdefault(headers["ce_id"], headers.get("traceparent"))
    return list(by_id.values())
