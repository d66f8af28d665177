"""How long a notification takes from the begin of its POST until its client acknowledges it."""

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
    """Median and 99th percentile in milliseconds, one notification at a time."""
    arrived: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
    client = socketio.AsyncClient(reconnection=False)

    async def take(items: list[dict[str, Any]]) -> None:
        now = time.perf_counter()  # what the handler returns is the ack, sent right after
        for item in items:
            arrived.put_nowait((item["id"], now))

    client.on("notifications", take)
    await client.connect(
        delivery_url, auth={"token": shopper_token(_USER)}, transports=["websocket"]
    )
    headers = {"Authorization": f"Bearer {service_token()}"}
    try:
        async with httpx.AsyncClient(base_url=api_url, headers=headers) as api:
            took = [await _one(api, arrived) for _ in range(_WARM_UP + count)][_WARM_UP:]
    finally:
        await client.disconnect()
    return {
        "median_ms": statistics.median(took),
        "p99_ms": statistics.quantiles(took, n=100)[98],
        "count": count,
    }


async def _one(api: httpx.AsyncClient, arrived: asyncio.Queue[tuple[str, float]]) -> float:
    began = time.perf_counter()
    answer = await api.post(
        "/v1/notifications", json={"user_id": _USER, "type": "bench", "title": "Pedido despachado"}
    )
    answer.raise_for_status()
    seen, at = await asyncio.wait_for(arrived.get(), _TIMEOUT_SECONDS)
    if seen != answer.json()["id"]:
        raise RuntimeError(f"expected {answer.json()['id']}, got {seen}")
    return (at - began) * 1000
