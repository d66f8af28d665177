"""An erasure, from the service's request to the client, with all parts running."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.auditor.audit import Sources, audit_at_end
from tests.auditor.facts import Rules
from tests.auditor.logs import AcceptedLog
from tests.auditor.verdict import Fate
from tests.integration.producer_api.api import Api
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.world import World


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic, the inbox and the group of this test."""
    async with World.opened(stack_env) as opened:
        yield opened


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    """The folder of the clients' logs."""
    return tmp_path / "clients"


async def _create(api: Api, accepted: AcceptedLog) -> str:
    created_id = str((await api.created("ana"))["id"])
    accepted.note(created_id, "ana")
    return created_id


async def _kinds(world: World, user: str) -> list[str]:
    return [
        dict(record.headers)["ce_type"].decode().removeprefix("notification.")
        for record in await world.records(world.settings.kafka_topic)
        if record.key == user.encode()
    ]


async def test_an_erased_user_is_gone_everywhere_and_can_start_again(
    producer_api: Program,
    delivery: Program,
    world: World,
    clients: Path,
    tmp_path: Path,
    stack_env: dict[str, str],
) -> None:
    stack_env["DELIVERY_ACK_TIMEOUT_SECONDS"] = "5"
    accepted = AcceptedLog(tmp_path / "accepted.jsonl")
    phone = Shopper("ana", delivery.url, acking=False, log=clients / "phone.jsonl")
    async with running(producer_api, delivery), Api(producer_api.url) as api, connected(phone):
        first = await _create(api, accepted)
        await phone.has(1)
        late = await world.inbox.find_one({"_id": first})
        waiting = await _create(api, accepted)
        assert (await api.erase("ana")).status_code == 204

        await phone.until(lambda: bool(phone.inbox_events))
        assert phone.inbox_events[0]["erased"] is True
        assert await api.ids("ana") == []
        assert {(await api.trace(id_)).status_code for id_ in (first, waiting)} == {404}
        assert await _kinds(world, "ana") == ["created", "created", "erased"]
        await world.all_committed()

        # A producer that was suspended during the erasure publishes an erased notification.
        await world.publish(late)
        tab = Shopper("ana", delivery.url, log=clients / "tab.jsonl")
        async with connected(tab):
            newer = await _create(api, accepted)
            await world.all_delivered([newer])
            await world.all_committed()
            assert await api.ids("ana") == [newer]
            phone.start_acking()
            await phone.until(lambda: phone.acked == [first, newer])
    assert phone.received == [first, newer], "no notification may be pushed twice"
    assert tab.received == [newer]

    sources = Sources.of(stack_env, clients=clients, accepted=tmp_path / "accepted.jsonl")
    verdict = await audit_at_end(sources, Rules(complete=frozenset({"ana"})))
    verdict.assert_clean(max_duplicates=0)
    assert verdict.counts.fates == {Fate.ERASED: 3, Fate.STATE_CHANGE: 1, Fate.ACKED: 1}
