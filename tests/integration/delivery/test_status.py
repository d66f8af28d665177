"""`GET /status`: what an offset waits for, who may ask, and that no user id is shown in full."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from deploy.console.watching.instances import InstanceProbe
from producer_api.contract.masked_user import masked
from tests.integration.delivery.instances import share_all_partitions, status_of
from tests.integration.delivery.judged import Judged
from tests.services.http import http_client
from tests.services.program import Program, running
from tests.services.shopper import connected
from tests.services.tokens import SECRET, reader_token, service_token, shopper_token, sign
from tests.services.waiting import eventually
from tests.services.world import World

_AT_REST = {"unsettled": 0, "settled_beyond": 0, "waits_for": None}


@pytest.fixture(autouse=True)
def _patient(stack_env: dict[str, str]) -> None:
    stack_env["DELIVERY_ACK_TIMEOUT_SECONDS"] = "0.5"
    stack_env["DELIVERY_ACK_ATTEMPTS"] = "100"
    stack_env["DELIVERY_DRAIN_SECONDS"] = "30"


async def test_a_report_says_what_each_offset_waits_for(
    world: World, delivery: Program, second: Program, judged: Judged
) -> None:
    judged.max_duplicates = 100
    async with running(delivery, second):
        await share_all_partitions(world, delivery, second)
        number = min((await status_of(delivery))["partitions"])
        silent_user, quick_user = world.users_of_partition(number, 2)
        silent = judged.shopper(silent_user, acking=False, url=second.url)
        quick = judged.shopper(quick_user)
        async with connected(silent, quick):
            created_after = datetime.now(UTC)
            created = await world.create(silent_user)
            await silent.has(1)
            created += await world.create(silent_user)
            ids = await world.create(quick_user, 3)
            await quick.until(lambda: set(quick.acked) == set(ids))
            await eventually(lambda: _is_pushed_again(delivery, number))
            report = await status_of(delivery)
            _check_silence(report, number, second, silent_user, created[0])
            since = datetime.fromisoformat(report["in_flight"][0]["pushed_at"])
            assert created_after <= since <= datetime.now(UTC)
            await _check_strangers(delivery, [silent_user, quick_user])
            await _console_sees_rates(delivery, second)

            stopping = asyncio.create_task(delivery.stop())
            await eventually(lambda: _is_draining(delivery))
            silent.start_acking()
            await stopping
            await silent.until(lambda: set(silent.acked) == set(created))
            await share_all_partitions(world, second)
            await world.all_committed()
            _check_rest(await status_of(second))
    await _check_way(world, created[0], [delivery, second], since)


async def _check_way(world: World, id_: str, way: list[Program], since: datetime) -> None:
    """Check the receipt: its owner and edge are `way`, and its first push was at `since`."""
    records = await world.records(world.settings.receipt_topic)
    values = [orjson.loads(record.value) for record in records]
    (receipt,) = [value for value in values if value["notification_id"] == id_]
    assert [receipt["owner"], receipt["edge"]] == [program.url for program in way]
    pushed_at, at = (datetime.fromisoformat(receipt[name]) for name in ("pushed_at", "at"))
    assert abs(pushed_at - since) < timedelta(milliseconds=10), "the first push must count"
    assert at > pushed_at


def _check_silence(
    report: dict[str, Any], number: int, edge: Program, user: str, first_id: str
) -> None:
    """Check the report of the owner, while a client at another instance is silent."""
    partition = report["partitions"][number]
    waits_for = partition["waits_for"]
    assert waits_for["attempt"] >= 3
    (flight,) = report["in_flight"]
    assert waits_for == {
        "offset": partition["next_to_commit"],
        "id": first_id,
        "user": masked(user),
        "state": "pushed",
        "since": flight["pushed_at"],
        "attempt": flight["attempt"],
        "edges": [edge.url],
    }
    assert (flight["partition"], flight["user"]) == (number, masked(user))
    assert (flight["ids"], flight["count"], flight["edges"]) == ([first_id], 1, [edge.url])
    assert (partition["unsettled"], partition["settled_beyond"]) == (2, 3)
    assert partition["next_to_receive"] - partition["next_to_commit"] == 5
    assert report["links"] == [{"peer": edge.url, "up": True}]


def _check_rest(report: dict[str, Any]) -> None:
    assert report["in_flight"] == []
    for each in report["partitions"].values():
        assert {name: each[name] for name in _AT_REST} == _AT_REST
        assert each["committed"] == each["next_to_commit"] == each["next_to_receive"]


async def _is_pushed_again(instance: Program, number: int) -> bool:
    waits_for = (await status_of(instance))["partitions"][number]["waits_for"]
    return waits_for is not None and (waits_for["attempt"] or 0) >= 3


async def _console_sees_rates(owner: Program, edge: Program) -> None:
    """Wait until the console shows rates for the push that is repeated over a hop."""
    probe = InstanceProbe(reader_token)

    async def sees_hops() -> bool:
        await probe.probe([owner.url, edge.url])
        rates = [probe.instances[url].per_second for url in (owner.url, edge.url)]
        return all(rates) and rates[0]["hops"] > 0 and rates[1]["pushed"] > 0

    await eventually(sees_hops)
    await probe.close()
    assert (await status_of(owner))["totals"]["acked"] == 3, "only the quick client acked"
    assert (await status_of(edge))["sockets"] == 1


async def _is_draining(instance: Program) -> bool:
    return bool((await status_of(instance))["draining"])


async def _check_strangers(instance: Program, users: list[str]) -> None:
    """Check that callers without the scope are refused, and learn nothing."""
    other_scope = sign(SECRET, sub="console", scope="notifications:other")
    async with http_client(instance.url) as client:
        for header, status in [
            (None, 401),
            ("Basic YTpi", 401),
            ("Bearer nonsense", 401),
            (f"Bearer {sign(SECRET, lifetime=-600, sub='console')}", 401),
            (f"Bearer {shopper_token(users[0])}", 403),
            (f"Bearer {other_scope}", 403),
            (f"bearer {service_token()}", 200),
        ]:
            headers = {} if header is None else {"Authorization": header}
            answer = await client.get("/status", headers=headers)
            assert answer.status_code == status, header
            if status == 200:
                continue
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.json()["status"] == status
            assert not any(user in answer.text for user in users)
