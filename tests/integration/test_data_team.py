"""The records of a real run: their schemas, and the funnel compared with a manual count."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from delivery.receipts.owed_receipts import COLLECTION as OWED_RECEIPTS
from deploy.data_team.follow import Follower, NoTopicError
from deploy.data_team.funnel import Funnel
from producer_api.contract.events import EventType, ReceiptType
from tests.auditor.audit import Sources, audit_at_end
from tests.auditor.facts import Rules
from tests.auditor.logs import AcceptedLog
from tests.integration.producer_api.api import Api, notification
from tests.integration.producer_api.outside import drained
from tests.services.program import Program, running
from tests.services.published import assert_topics_match_the_contract
from tests.services.shopper import Shopper, connected
from tests.services.tokens import service_token
from tests.services.waiting import eventually
from tests.services.world import World

_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_SHIPPED, _DELIVERED, _OFFER = "order.shipped", "order.delivered", "offer.new"


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic, the inbox and the group of this test."""
    async with World.opened(stack_env) as opened:
        yield opened


async def test_the_records_of_a_run_match_the_schemas_and_the_funnel(
    world: World,
    producer_api: Program,
    delivery: Program,
    stack_env: dict[str, str],
    tmp_path: Path,
) -> None:
    clients, accepted = tmp_path / "clients", AcceptedLog(tmp_path / "accepted.jsonl")
    ana, eve = (
        Shopper(name, delivery.url, log=clients / f"{name}.jsonl") for name in ("ana", "eve")
    )
    async with (
        running(producer_api, delivery),
        Api(producer_api.url) as api,
        connected(ana, eve),
    ):
        ids = await _create_all_kinds(api, accepted)
        await ana.until(lambda: set(ids) <= set(ana.acked))
        await world.all_delivered(ids)
        await _mark_in_all_ways(api, ids)
        await eve.has(1)
        await world.all_delivered(eve.received)
        await api.erase("eve")
        await world.producer.send_and_wait(world.settings.kafka_topic, b"{", b"zoe")
        await world.all_committed()
        sources = Sources.of(stack_env, clients=clients, accepted=tmp_path / "accepted.jsonl")
        rules = Rules(complete=frozenset({"ana", "eve"}))
        (await audit_at_end(sources, rules)).assert_clean(max_duplicates=0)
        await _until_all_published(world)
        await assert_topics_match_the_contract(world, dead_letters=1)
        await _assert_all_kinds_are_published(world)
        _assert_funnel_equals_manual_count(_run_the_consumer(stack_env, tmp_path), tmp_path)
        again = _run_the_consumer(stack_env, tmp_path)
        assert "0 records since the last run" in again
        _assert_funnel_equals_manual_count(again, tmp_path)


async def _until_all_published(world: World) -> None:
    """Wait until all records are published, including the receipts of expired notifications."""
    await drained(world)
    await world.all_receipts_confirmed()
    expired = await world.inbox.find_one({"expires_at": {"$lt": datetime.now(UTC)}})
    owed_receipts: Any = world.mongo[world.settings.mongo_database][OWED_RECEIPTS]

    async def expiry_is_published() -> bool:
        return await owed_receipts.find_one({"last_id": expired["_id"]}) is not None

    await eventually(expiry_is_published)


async def _create_all_kinds(api: Api, accepted: AcceptedLog) -> list[str]:
    """Create notifications of all kinds. Return the ids of ana's notifications, in order."""
    first = (await api.created("ana", data={"order_id": "1", "more": {"deep": [1, None]}}))["id"]
    complete = notification(
        "ana",
        type=_DELIVERED,
        body="Tu pedido llegó",
        action_url="/orders/1",
        expires_at="2100-01-01T00:00:00Z",
    )
    response = await api.call(
        "POST",
        "/v1/notifications/batch",
        service_token(),
        json={"notifications": [complete, notification("ana"), notification("ana")]},
        headers={"traceparent": _TRACE},
    )
    batch = [result["notification"]["id"] for result in response.json()["results"]]
    for id_ in (first, *batch):
        accepted.note(id_, "ana")
    accepted.note((await api.created("eve"))["id"], "eve")
    for _ in range(2):  # berto is offline
        accepted.note((await api.created("berto", collapse_key="order-7"))["id"], "berto")
    expired = await api.created("berto", expires_at="2020-01-01T00:00:00Z")
    accepted.note(expired["id"], "berto")
    await api.prefer("berto", muted=["offer"])
    accepted.note((await api.created("berto", type=_OFFER))["id"], "berto")
    mistaken = await api.created("berto")
    accepted.note(mistaken["id"], "berto")
    assert (await api.withdraw(mistaken["id"])).status_code == 204
    return [first, *batch]


async def _mark_in_all_ways(api: Api, ids: Sequence[str]) -> None:
    """Mark four notifications in all ways.

    0 is marked seen, 1 read and unread again, 2 archived and restored, and 3 archived. Then one
    request marks all as seen, and another one all as read.
    """
    for id_, marks in (
        (ids[0], {"seen": True}),
        (ids[1], {"read": True}),
        (ids[1], {"read": False}),
        (ids[2], {"archived": True}),
        (ids[2], {"archived": False}),
        (ids[3], {"archived": True}),
    ):
        assert (await api.mark("ana", id_, **marks)).is_success
    assert (await api.mark_all_seen("ana")).is_success
    assert (await api.mark_all_read("ana")).is_success


async def _assert_all_kinds_are_published(world: World) -> None:
    for topic, kinds in (
        (world.settings.kafka_topic, set(EventType)),
        (world.settings.receipt_topic, set(ReceiptType) - {ReceiptType.DEAD_LETTERED}),
    ):
        kinds_found = Counter(
            dict(record.headers).get("ce_type", b"").decode()
            for record in await world.records(topic)
        )
        assert set(kinds_found) - {""} == {str(kind) for kind in kinds}, topic


def _run_the_consumer(env: dict[str, str], folder: Path) -> str:
    command = [sys.executable, "-m", "deploy.data_team", "--database", str(folder / "f.duckdb")]
    done = subprocess.run(  # noqa: S603 - our own code
        command,
        env={**os.environ, **env, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _assert_funnel_equals_manual_count(printed: str, folder: Path) -> None:
    with Funnel(folder / "f.duckdb") as funnel:
        rows = funnel.rows()
    counted: dict[str, Counter[str]] = {}
    for row in rows:
        stages = {"created": row.created, "delivered": row.delivered}
        stages |= {"seen": row.seen, "read": row.read, "muted": row.muted}
        stages["withdrawn"] = row.withdrawn
        counted.setdefault(row.type, Counter()).update(stages)
    # Seven were created: ana's 0, 2 and 3, and four of berto's. Eve's was erased. Ana's 3 was
    # archived before it was seen.
    names = ("created", "muted", "withdrawn", "delivered", "seen", "read")
    assert counted[_SHIPPED] == dict(zip(names, (7, 0, 1, 3, 2, 2), strict=True))
    assert counted[_DELIVERED] == dict(zip(names, (1, 0, 0, 1, 1, 1), strict=True))
    assert counted[_OFFER] == dict(zip(names, (1, 1, 0, 0, 0, 0), strict=True))
    (total_line,) = [line for line in printed.splitlines() if "│ all " in line]
    cells = [cell.strip() for cell in total_line.split("│")[2:9]]
    assert cells == ["all", "9", "1 (11%)", "1 (11%)", "4 (44%)", "3 (33%)", "3 (33%)"]


async def test_the_funnel_follows_new_records(world: World, tmp_path: Path) -> None:
    topics = [world.settings.kafka_topic, world.settings.receipt_topic]
    kafka = world.settings.kafka_client_options()
    with Funnel(tmp_path / "f.duckdb") as funnel:
        async with Follower.opened(kafka, topics, funnel) as follower:
            assert await follower.read_to_end() == 0
            await world.create("ana", 3)
            async with asyncio.timeout(20):
                count = 0
                while count < 3:
                    count += await follower.step()
            assert [row.created for row in funnel.rows()] == [3]
        # The topic was made again: the stored offsets are those of a longer log.
        offsets = {
            (topic, number): 1_000
            for topic in topics
            for number in range(world.settings.kafka_topic_partitions)
        }
        funnel.apply([], offsets)
        async with Follower.opened(kafka, topics, funnel) as follower:
            assert await follower.read_to_end() == 3
        async with Follower.opened(kafka, topics, funnel) as follower:
            assert await follower.read_to_end() == 0
        with pytest.raises(NoTopicError, match="'nowhere'"):
            async with Follower.opened(kafka, ["nowhere"], funnel):
                pass
