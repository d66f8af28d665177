"""Records have the caller's trace context, even if the relay publishes them."""

from tests.faults.proxy import KafkaLink
from tests.integration.producer_api.api import Api, notification
from tests.integration.producer_api.outside import drained
from tests.integration.producer_api.traces import ANOTHER_TRACE, TRACE, traces_of
from tests.services.tokens import service_token
from tests.services.world import World


async def _create(api: Api, trace: str, *titles: str) -> None:
    """Create one notification, or a batch if there are several titles."""
    headers = {"traceparent": trace}
    items = [notification(title=title) for title in titles]
    path, body = ("", items[0]) if len(items) == 1 else ("/batch", {"notifications": items})
    answer = await api.call(
        "POST", f"/v1/notifications{path}", service_token(), json=body, headers=headers
    )
    assert answer.is_success


async def test_each_record_has_the_trace_of_its_request(
    api: Api, world: World, kafka: KafkaLink
) -> None:
    await _create(api, TRACE, "one")
    await _create(api, ANOTHER_TRACE, "two", "three")
    await api.created()
    await _create(api, "made up", "four")
    await kafka.stop()
    try:
        await _create(api, TRACE, "five")
        await _create(api, ANOTHER_TRACE, "six", "seven")
    finally:
        await kafka.start()
    await drained(world)
    assert await traces_of(world) == [
        *(TRACE, ANOTHER_TRACE, ANOTHER_TRACE, None, None),
        *(TRACE, ANOTHER_TRACE, ANOTHER_TRACE),
    ]
