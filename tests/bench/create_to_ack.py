"""The time from the start of a POST until the client acknowledges the notification."""

import asyncio
import statistics
import time
from typing import Any

import httpx
import socketio

from tests.services.tokens import service_token, shopper_token

_USER = "bench"
_WARM_UP = 20
_TIMEOUT_SECONDS = 10.0


async def create_to_ack(api_url: str, delivery_url: str, count: int) -> dict[str, float]:
    """Return the median and 99th percentile in milliseconds. Creates one notification at a time."""
    arrived: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
    client = socketio.AsyncClient(reconnection=False)

    async def receive(items: list[dict[str, Any]]) -> None:
        now = time.perf_counter()  # the client sends the ack as soon as this handler returns
        for item in items:
            arrived.put_nowait((item["id"], now))

    client.on("notifications", receive)
    await client.connect(
        delivery_url, auth={"token": shopper_token(_USER)}, transports=["websocket"]
    )
    headers = {"Authorization": f"Bearer {service_token()}"}
    try:
        async with httpx.AsyncClient(base_url=api_url, headers=headers) as api:
            for _ in range(_WARM_UP):
                await _create_one(api, arrived)
            milliseconds = [await _create_one(api, arrived) for _ in range(count)]
    finally:
        await client.disconnect()
    return {
        "median_ms": statistics.median(milliseconds),
        "p99_ms": statistics.quantiles(milliseconds, n=100)[98],
        "count": count,
    }


async def _create_one(api: httpx.AsyncClient, arrived: asyncio.Queue[tuple[str, float]]) -> float:
    began = time.perf_counter()
    response = await api.post(
        "/v1/notifications", json={"user_id": _USER, "type": "bench", "title": "Pedido despachado"}
    )
    response.raise_for_status()
    received_id, at = await asyncio.wait_for(arrived.get(), _TIMEOUT_SECONDS)
    if received_id != response.json()["id"]:
        raise RuntimeError(f"received {received_id}, expected {response.json()['id']}")
    return (at - began) * 1000
