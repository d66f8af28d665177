"""The caller's trace is on the topic, whoever publishes."""

import pytest

from tests.integration.producer_api.api import Api, notification
from tests.integration.producer_api.outside import drained
from tests.services.parts import Services
from tests.services.tokens import service_token
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts

_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

_ANOTHER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-00"


async def _create(api: Api, trace: str, *titles: str) -> None:
    """As a batch where there are several."""
    headers = {"traceparent": trace}
    items = [notification(title=title) for title in titles]
    path, body = ("", items[0]) if len(items) == 1 else ("/batch", {"notifications": items})
    answer = await api.call(
        "POST", f"/v1/notifications{path}", service_token(), json=body, headers=headers
    )
    assert answer.is_success


async def _traces(world: World) -> list[str | None]:
    """What the records of ana say, in their order."""
    await drained(world)
    found: dict[str, str | None] = {}
    for record in await world.records(world.settings.kafka_topic):
        headers = {name: value.decode() for name, value in record.headers}
        found.setdefault(headers["ce_id"], headers.get("traceparent"))
    return list(found.values())


async def test_each_record_has_the_trace_of_its_request(
    api: Api, world: World, services: Services
) -> None:
    await _create(api, _TRACE, "one")
    await _create(api, _ANOTHER, "two", "three")
    await api.created()
    await _create(api, "made up", "four")
    await services.kafka.stop()
    try:
        await _create(api, _TRACE, "five")
        await _create(api, _ANOTHER, "six", "seven")
    finally:
        await services.kafka.start()
    await drained(world)
    assert await _traces(world) == [
        *(_TRACE, _ANOTHER, _ANOTHER, None, None),
        *(_TRACE, _ANOTHER, _ANOTHER),
    ]
