"""The list of all notifications sent to a user, for services."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producer_api.inbox.delivery_status import DeliveryStatus, query_for, status_of
from tests.integration.producer_api.api import Api
from tests.services.tokens import service_token, shopper_token
from tests.services.world import World

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_MOMENTS = st.sampled_from([None, *(_NOW + timedelta(milliseconds=n) for n in (-1, 0, 1))])
_FIELDS = st.fixed_dictionaries(
    {
        "delivered_at": _MOMENTS,
        "expires_at": _MOMENTS,
        "archived_at": _MOMENTS,
        "superseded_by": st.sampled_from([None, "newer"]),
        "removed": st.sampled_from([None, "muted", "withdrawn"]),
    }
)


async def _sent(api: Api, **query: Any) -> httpx.Response:
    return await api.call("GET", "/v1/notifications", service_token(), params=query)


async def _states(api: Api, **query: Any) -> list[tuple[str, str]]:
    answer = await _sent(api, user_id="ana", **query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    return [(item["id"], item["status"]) for item in answer.json()["items"]]


async def test_a_service_lists_the_notifications_of_a_user_in_every_status(
    api: Api, world: World
) -> None:
    now = datetime.now(UTC)
    pending, delivered, expired, superseded, archived = documents = [
        world.document("ana", **fields)
        for fields in (
            {},
            {"delivered_at": now, "read_at": now},
            {"expires_at": now},
            {"superseded_by": "newer"},
            {"archived_at": now},
        )
    ]
    await world.inbox.insert_many([*documents, world.document("eve")])
    assert await _states(api) == [
        (archived["_id"], "pending"),
        (superseded["_id"], "superseded"),
        (expired["_id"], "expired"),
        (delivered["_id"], "delivered"),
        (pending["_id"], "pending"),
    ]
    assert await _states(api, status="pending") == [
        (archived["_id"], "pending"),
        (pending["_id"], "pending"),
    ]
    for document, status in (
        (delivered, "delivered"),
        (expired, "expired"),
        (superseded, "superseded"),
    ):
        assert await _states(api, status=status) == [(document["_id"], status)]
    assert await _states(api, status="dead_lettered") == []
    [item] = (await _sent(api, user_id="ana", status="delivered")).json()["items"]
    assert item == (await api.trace(delivered["_id"])).json()
    assert item["delivered_at"].endswith("Z")


async def test_pages_of_sent_notifications_have_neither_gaps_nor_repeats(
    api: Api, world: World
) -> None:
    documents = [world.document("ana") for _ in range(5)]
    await world.inbox.insert_many(documents)
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = (await _sent(api, user_id="ana", status="pending", limit=2, **cursor)).json()
        pages.append([item["id"] for item in answer["items"]])
        if answer["next_cursor"] is None:
            break
        cursor = {"cursor": answer["next_cursor"]}
    ids = [document["_id"] for document in reversed(documents)]
    assert pages == [ids[:2], ids[2:4], ids[4:]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "user_id"),
        ({"user_id": ""}, "user_id"),
        ({"user_id": "a" * 129}, "user_id"),
        ({"user_id": "ana", "status": "lost"}, "status"),
        ({"user_id": "ana", "limit": "0"}, "limit"),
        ({"user_id": "ana", "limit": "101"}, "limit"),
        ({"user_id": "ana", "cursor": "!"}, "cursor"),
    ],
)
async def test_invalid_parameters_are_answered_with_their_field(
    api: Api, query: dict[str, str], field: str
) -> None:
    answer = await _sent(api, **query)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_only_a_service_may_list_sent_notifications(api: Api) -> None:
    path = "/v1/notifications"
    answer = await api.call("GET", path, shopper_token("ana"), params={"user_id": "ana"})
    assert answer.status_code == 403


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(fields=st.lists(_FIELDS, min_size=1, max_size=40))
async def test_each_status_query_finds_exactly_its_documents(
    fields: list[dict[str, Any]], world: World
) -> None:
    await world.inbox.delete_many({})
    documents = [world.document("ana", **values) for values in fields]
    await world.inbox.insert_many(documents)
    for state in DeliveryStatus:
        expected = {document["_id"] for document in documents if status_of(document, _NOW) is state}
        query = query_for(state, _NOW)
        documents_found = await world.inbox.find(query).to_list()
        assert {document["_id"] for document in documents_found} == expected


@pytest.mark.parametrize("state", [None, *DeliveryStatus])
async def test_an_index_serves_the_query_of_each_status(
    state: DeliveryStatus | None, world: World
) -> None:
    await world.inbox.insert_many([world.document("ana") for _ in range(200)])
    query: Any = {"user_id": "ana", **(query_for(state, _NOW) if state else {})}
    plan = (await world.inbox.find(query).sort("_id", -1).limit(21).explain())["queryPlanner"]
    stages = str(plan["winningPlan"])
    assert "IXSCAN" in stages
    assert "SORT" not in stages
