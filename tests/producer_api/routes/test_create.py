"""The routes that create notifications, without a server."""

import threading
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from producer_api.contract.token_verifier import Identity
from producer_api.idempotency.core.keys import key_of
from producer_api.idempotency.create_once import CreateResult, Once
from producer_api.identity.bearer import Bearer
from producer_api.intake.outcomes import GoneError
from producer_api.requests import exact_json
from producer_api.routes.create import create_router


class _Bearer:
    async def service_of(self, _: Any) -> Identity:
        return Identity("orders", frozenset(), accepted_until=3e9)

    def count_bytes(self, *_: Any) -> None:
        pass


class _Once:
    async def create(self, items: list[Any], *_: Any, **__: Any) -> CreateResult:
        return CreateResult([GoneError("it is gone") for _ in items], replayed=True)


async def test_batch_is_parsed_and_hashed_outside_the_event_loops_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[int] = []

    def recorded(function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            threads.append(threading.get_ident())
            return function(*arguments)

        return call

    monkeypatch.setattr(exact_json, "loads", recorded(exact_json.loads))
    monkeypatch.setattr("producer_api.idempotency.header.key_of", recorded(key_of))
    api = FastAPI()
    api.include_router(create_router(cast("Once", _Once()), cast("Bearer", _Bearer())))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api), base_url="http://producer"
    ) as client:
        answer = await client.post(
            "/v1/notifications/batch",
            json={"notifications": [{}]},
            headers={"Idempotency-Key": "a key"},
        )
    assert answer.status_code == 200, answer.text
    assert len(threads) == 2
    assert threading.get_ident() not in threads
