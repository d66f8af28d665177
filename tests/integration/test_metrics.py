"""After a scripted run, the metrics have exactly the expected counts, and name no user."""

import json
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio

from producer_api.contract.events import EventType, headers
from tests.integration.delivery.instances import all_live
from tests.services.dashboard import panels
from tests.services.http import http_client
from tests.services.program import ForkedProgram, Program, Samples, running
from tests.services.prometheus import Prometheus, scraping
from tests.services.push_service import PRIVATE_KEY
from tests.services.shopper import Shopper, connected
from tests.services.tokens import service_token
from tests.services.waiting import eventually
from tests.services.webhook_receiver import SECRET, WebhookReceiver
from tests.services.world import World

_USERS = ("ana-of-the-metrics", "berto-of-the-metrics", "carla-of-the-metrics")


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic, the inbox and the group of this test. The ack time-out is two seconds."""
    stack_env |= {"DELIVERY_ACK_TIMEOUT_SECONDS": "2", "DELIVERY_ACK_ATTEMPTS": "2"}
    async with World.opened(stack_env) as opened:
        yield opened


@pytest_asyncio.fixture
async def away(stack_env: dict[str, str], ports: Iterator[int]) -> AsyncIterator[Program]:
    """An away program that is not started yet. The receiver of its webhooks is running."""
    url = f"http://127.0.0.1:{next(ports)}"
    async with WebhookReceiver.running(next(ports)) as receiver:
        env = {
            "AWAY_PORT": url.rpartition(":")[2],
            "AWAY_GROUP_ID": f"{stack_env['KAFKA_GROUP_ID']}-away",
            "AWAY_AFTER_SECONDS": "3",  # longer than any delivery in this test takes
            "AWAY_ALLOWED_NETWORKS": "127.0.0.0/8",
            "AWAY_WEBHOOKS": f"*={receiver.url}",
            "AWAY_WEBHOOK_SECRET": SECRET,
            "AWAY_VAPID_PRIVATE_KEY": PRIVATE_KEY,
            "AWAY_VAPID_SUBJECT": "mailto:ops@shop.example",
        }
        yield ForkedProgram("delivery.away", url, stack_env | env)


async def test_metrics_have_exactly_the_counts_of_a_scripted_run(
    world: World,
    producer_api: Program,
    delivery: Program,
    away: Program,
    tmp_path: Path,
    ports: Iterator[int],
) -> None:
    programs = producer_api, delivery, away
    targets = {program.name: program.url for program in programs}
    ana, carla = Shopper(_USERS[0], delivery.url), Shopper(_USERS[2], delivery.url, acking=False)
    async with (
        running(*programs),
        scraping(tmp_path, next(ports), targets) as prometheus,
        connected(ana),
    ):
        await all_live(1, delivery)
        ids: list[str] = []
        for _ in range(4):
            ids.append(await _post(producer_api, ana.user))
            await world.all_delivered(ids)
        for _ in range(3):
            await _post(producer_api, _USERS[1])
        await _post(producer_api, _USERS[1], expires_at="2020-01-01T00:00:00Z")
        for _ in range(2):
            await _post(producer_api, _USERS[1], collapse_key="order-1")
        await _post(producer_api, "", expected=422)
        async with connected(carla):
            await all_live(2, delivery)
            await _post(producer_api, carla.user)

            async def is_in_flight() -> bool:
                lag = await delivery.samples()
                return lag['delivery_lag_records{state="unacknowledged"}'] == 1

            await eventually(is_in_flight)
            await carla.has(1)
            await carla.gone()
        await world.producer.send_and_wait(
            world.settings.kafka_topic,
            key=b"x",
            value=b"{",
            headers=headers(world.ids.next(), EventType.CREATED, "/test", "2026-01-01T00:00:00Z"),
        )
        await world.all_committed()
        await _reach(delivery, _DELIVERY)
        await _reach(producer_api, _PRODUCER)
        await _reach(away, _AWAY)
        for program in programs:
            await _assert_no_ids_are_exposed(program, ids)
            _assert_logs_are_clean(program)
        await _assert_every_panel_has_data(prometheus)


#: Sums over all labels except those in the name.
_DELIVERY: Samples = {
    'delivery_records_settled_total{outcome="acked"}': 4,
    'delivery_records_settled_total{outcome="parked"}': 6,
    'delivery_records_settled_total{outcome="expired"}': 1,
    'delivery_records_settled_total{outcome="dead_lettered"}': 1,
    'delivery_receipts_total{type="notification.delivered"}': 4,
    'delivery_receipts_total{type="notification.parked"}': 6,
    'delivery_receipts_total{type="notification.superseded"}': 1,
    'delivery_receipts_total{type="notification.dead_lettered"}': 1,
    "delivery_receipts_waiting": 0,
    "delivery_receipts_dropped_total": 0,
    "delivery_pushes_total": 6,
    "delivery_push_notifications_sum": 6,
    "delivery_push_ack_seconds_count": 4,
    "delivery_ack_timeouts_total": 2,
    'delivery_disconnects_total{fault="silent"}': 1,
    "delivery_hops_total": 0,
    "delivery_connections": 1,
    "delivery_subscriptions": 1,
    'delivery_users{state="live"}': 1,
    'delivery_users{state="catching_up"}': 0,
    "delivery_rebalance_seconds_count": 1,
    'delivery_lag_records{state="unacknowledged"}': 0,
    'delivery_lag_records{state="settled"}': 0,
    'delivery_lag_records{state="unread"}': 0,
    "delivery_partition_paused": 0,
    "delivery_partition_stopped": 0,
    "delivery_owed_notifications": 6,
    "delivery_dead_letters_waiting": 0,
}
#: Five notifications did not reach berto and carla, and no browser has subscribed.
_AWAY: Samples = {
    'delivery_away_told_total{way="webhook"}': 5,
    'delivery_away_dropped_total{reason="nowhere"}': 5,
    "delivery_away_failures_total": 0,
    "delivery_away_dead_lettered_total": 0,
}
_PRODUCER: Samples = {
    'producer_creates_total{outcome="created"}': 11,
    "producer_create_seconds_count": 11,
    'producer_records_published_total{sender="intake"}': 11,
    "producer_oldest_unpublished_seconds": 0,
}


async def _post(api: Program, user: str, *, expected: int = 201, **fields: str) -> str:
    body = {"user_id": user, "type": "order.shipped", "title": "Pedido despachado"}
    async with http_client(api.url) as orders:
        answer = await orders.post(
            "/v1/notifications",
            json=body | fields,
            headers={"Authorization": f"Bearer {service_token()}"},
        )
    assert answer.status_code == expected, answer.text
    return str(answer.json().get("id"))


async def _reach(program: Program, expected: Samples) -> None:
    """Wait until all metrics have the expected values, and check that they keep them for 1 s."""
    samples: Samples = {}

    async def are_reached() -> bool:
        samples.update(await program.samples())
        return not _wrong(samples, expected)

    with suppress(TimeoutError):
        await eventually(are_reached)
    assert not _wrong(samples, expected)
    end = datetime.now(UTC) + timedelta(seconds=1)
    while datetime.now(UTC) < end:
        assert not _wrong(await program.samples(), expected)


def _wrong(samples: Samples, expected: Samples) -> dict[str, str]:
    """Return the metrics that have other values than expected."""
    return {
        name: f"{samples.get(name)} instead of {value}"
        for name, value in expected.items()
        if samples.get(name) != value
    }


def _assert_logs_are_clean(program: Program) -> None:
    """Check that each line is an event with the fixed fields, and has no tokens or contents."""
    for line in program.lines:
        assert {"time", "level", "logger", "event"} <= json.loads(line).keys()
    text = "".join(program.lines)
    assert service_token().split(".")[0] not in text, "no token may be logged"
    assert "Pedido despachado" not in text


async def _assert_every_panel_has_data(prometheus: Prometheus) -> None:
    empty: list[str] = []

    async def none_is_empty() -> bool:
        empty.clear()
        for panel in panels("1m"):
            series = await prometheus.query(panel.expression)
            if not any(math.isfinite(float(point["value"][1])) for point in series):
                empty.append(f"{panel.title}: {panel.expression}")
        return not empty

    try:
        await eventually(none_is_empty)
    except TimeoutError:
        assert empty == []


async def _assert_no_ids_are_exposed(program: Program, ids: list[str]) -> None:
    async with http_client(program.url) as client:
        for path in ("/metrics", "/healthz", "/readyz"):
            text = (await client.get(path)).text
            assert not [name for name in (*_USERS, *ids) if name in text], path
