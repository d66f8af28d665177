"""The auditor judges a run with present and absent shoppers in which an away process dies."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from tests.auditor.audit import Sources, audit_at_end
from tests.auditor.facts import Rules
from tests.auditor.logs import AcceptedLog, TellingsLog
from tests.faults.proxy import Proxy
from tests.integration.away.entries import collection, subscribe
from tests.services.parts import Services
from tests.services.program import Program, running
from tests.services.push_service import PushService
from tests.services.shopper import Shopper
from tests.services.waiting import PATIENCE_SECONDS, eventually
from tests.services.webhook_receiver import WebhookReceiver
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(12)]
_PRESENT = _USERS[:4]
_CALLS = 3


class _CutOff:
    """Owns the link to MongoDB of a process that is about to die, and receives its webhooks.

    It cuts the link at the fourth webhook. Nothing that the process sends later reaches MongoDB.
    """

    def __init__(self, mongo: Proxy, receiver: WebhookReceiver) -> None:
        link = f"mongodb://{mongo.url.removeprefix('http://')}/?directConnection=true"
        self.env = {"AWAY_WEBHOOKS": f"*={receiver.url}/first", "MONGO_URL": link}
        self._mongo = mongo
        self._cut = ExitStack()
        self.answered = asyncio.Event()
        receiver.answers["/first"] = self._answer

    async def _answer(self, before: int) -> web.StreamResponse:
        if before == _CALLS:
            self._cut.enter_context(self._mongo.there.blackholed())
            self.answered.set()
        return web.Response(status=204)


@pytest_asyncio.fixture
async def cut_off(
    services: Services, ports: Iterator[int], receiver: WebhookReceiver
) -> AsyncIterator[_CutOff]:
    """Cuts a process off at a webhook, so that the process cannot store that the call was made."""
    match = re.search(r":(\d+)/", services.mongo_url)
    assert match is not None
    mongo = Proxy(next(ports), int(match[1]))
    async with mongo.running():
        yield _CutOff(mongo, receiver)


@pytest.fixture
def sources(stack_env: dict[str, str], tmp_path: Path) -> Sources:
    """The databases, topics and logs in which the auditor reads what happened."""
    logs = {name: tmp_path / f"{name}.jsonl" for name in ("accepted", "tellings")}
    return Sources.of(stack_env, clients=tmp_path / "clients", **logs)


async def _create_until(cut: asyncio.Event, world: World) -> None:
    """Create notifications until the first process is cut off.

    The second process may tell all earlier ones. Then the first one would not make the call at
    which it is cut off.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not cut.is_set():
            await asyncio.gather(*(world.create(user) for user in _USERS))
            with suppress(TimeoutError):
                await asyncio.wait_for(cut.wait(), 1)


async def test_users_who_are_away_are_told_although_a_process_dies(
    world: World,
    delivery: Program,
    away: Callable[..., Program],
    receiver: WebhookReceiver,
    push_service: PushService,
    cut_off: _CutOff,
    sources: Sources,
) -> None:
    (clients,), (accepted,), (tellings,) = sources.clients, sources.accepted, sources.tellings
    world.accepted = AcceptedLog(accepted)
    receiver.log = push_service.log = TellingsLog(tellings)
    for user in _USERS:
        await subscribe(world, user, push_service.browser())
    # The lease lasts 5 s plus twice the longer time-out.
    short = {"AWAY_WEBHOOK_TIMEOUT_SECONDS": "1", "AWAY_PUSH_TIMEOUT_SECONDS": "1"}
    first, second = away(**short, **cut_off.env), away(**short)
    async with running(delivery, first, second):
        shoppers = [Shopper(user, delivery.url, log=clients / f"{user}.jsonl") for user in _PRESENT]
        for shopper in shoppers:
            await shopper.connect()
        for _ in range(5):
            await asyncio.gather(*(world.create(user) for user in _USERS))
        seen = await world.create("reader", 3, seen_at=datetime.now(UTC))
        await world.create("gone", 3)
        await world.erase("gone")
        await _create_until(cut_off.answered, world)
        await first.kill()

        async def none_waits() -> bool:
            told = await collection(world).count_documents({"told_at": {"$exists": True}})
            waits = await collection(world).find_one({"next_at": {"$exists": True}})
            return told >= 80 and waits is None

        await eventually(none_waits)
        for shopper in shoppers:
            await shopper.disconnect()
    verdict = await audit_at_end(sources, Rules(told_within=0.0, may_tell_again=True))
    verdict.assert_clean()
    assert not set(receiver.ids()) & set(seen)
    assert receiver.calls["/first"][_CALLS] in receiver.calls["/all"]
    assert receiver.problems + push_service.problems == []
