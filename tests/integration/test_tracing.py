"""One trace leads from the order service's request to the client's acknowledgement."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.integration.producer_api.api import Api, notification
from tests.services.collector import collecting
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.tokens import service_token
from tests.services.world import World

_TRACE, _CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
_CREATE = "POST /v1/notifications"
_SAMPLED, _UNSAMPLED = f"00-{_TRACE}-{_CALLER}-01", f"00-{'5' * 32}-{_CALLER}-00"


@pytest.fixture
def port(stack_env: dict[str, str], ports: Iterator[int]) -> int:
    """The port to which both programs send their spans."""
    number = next(ports)
    stack_env["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{number}"
    stack_env["OTEL_BSP_SCHEDULE_DELAY"] = "100"
    return number


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic, the inbox and the group of this test."""
    async with World.opened(stack_env) as opened:
        yield opened


async def _create(api: Api, user: str, trace: str | None) -> str:
    answer = await api.call(
        "POST",
        "/v1/notifications",
        service_token(),
        json=notification(user),
        headers={} if trace is None else {"traceparent": trace},
    )
    assert answer.status_code == 201
    return str(answer.json()["id"])


async def test_one_trace_leads_to_the_ack_for_connected_and_offline_users(
    port: int, world: World, producer_api: Program, delivery: Program
) -> None:
    ana, berto = Shopper("ana", delivery.url), Shopper("berto", delivery.url)
    async with (
        collecting(port) as collector,
        running(producer_api, delivery),
        Api(producer_api.url) as api,
    ):
        async with connected(ana):
            id_ = await _create(api, "ana", _SAMPLED)
            await _create(api, "ana", _UNSAMPLED)
            await ana.has(2)
            await collector.until(3)
        assert {(span.service, span.name) for span in collector.spans} == {
            ("producer-api", _CREATE),
            ("producer-api", "publish"),
            ("delivery", "push"),
        }
        by_name = {span.name: span for span in collector.spans}
        request, publish, push = (by_name[kind] for kind in (_CREATE, "publish", "push"))
        assert {span.trace for span in collector.spans} == {_TRACE}
        assert request.parent == _CALLER
        assert publish.parent == push.parent == request.id
        assert request.attributes["http.response.status_code"] == "201"
        assert push.attributes["notification.id"] == id_
        assert request.begin <= publish.begin <= publish.end
        assert publish.begin <= push.begin <= push.end
        for span in collector.spans:
            assert "ana" not in span.attributes.values()

        collector.spans.clear()
        await _create(api, "berto", _SAMPLED)  # berto is offline
        await world.all_committed()
        async with connected(berto):
            await berto.has(1)
            await collector.until(3)
        assert {span.name for span in collector.spans} == {_CREATE, "publish", "push"}
        assert {span.trace for span in collector.spans} == {_TRACE}


async def test_delivery_works_while_the_collector_cannot_be_reached(
    port: int, world: World, producer_api: Program, delivery: Program
) -> None:
    assert port
    ana = Shopper("ana", delivery.url)
    async with running(producer_api, delivery), Api(producer_api.url) as api, connected(ana):
        created = [await _create(api, "ana", None) for _ in range(3)]
        await ana.has(3)
        await world.all_delivered(created)
    assert ana.received == created
