"""A run with shoppers who come and go, and away processes that die, under the auditor."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.auditor.audit import Sources, audit_at_end
from tests.auditor.facts import Rules
from tests.auditor.logs import AcceptedLog, TellingsLog
from tests.integration.away.entries import collection, subscribe
from tests.services.program import Program, running
from tests.services.push_service import PushService
from tests.services.shopper import Shopper
from tests.services.waiting import eventually
from tests.services.webhook_receiver import WebhookReceiver
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(12)]
_PRESENT = _USERS[:4]


async def test_whoever_is_away_is_told_although_a_process_dies(
    world: World,
    delivery: Program,
    away: Callable[..., Program],
    receiver: WebhookReceiver,
    push_service: PushService,
    stack_env: dict[str, str],
    tmp_path: Path,
) -> None:
    clients, accepted = tmp_path / "clients", tmp_path / "accepted.jsonl"
    tellings = tmp_path / "tellings.jsonl"
    world.accepted = AcceptedLog(accepted)
    receiver.log = push_service.log = TellingsLog(tellings)
    for user in _USERS:
        await subscribe(world, user, push_service.browser())
    # The lease lasts 5 s and twice the longer time-out.
    short = {"AWAY_WEBHOOK_TIMEOUT_SECONDS": "0.2", "AWAY_PUSH_TIMEOUT_SECONDS": "0.2"}
    first, second = away(**short), away(**short)
    async with running(delivery, first, second):
        shoppers = [Shopper(user, delivery.url, log=clients / f"{user}.jsonl") for user in _PRESENT]
        for shopper in shoppers:
            await shopper.connect()
        for _ in range(5):
            await asyncio.gather(*(world.create(user) for user in _USERS))
        seen = await world.create("reader", 3, seen_at=datetime.now(UTC))
        await world.create("gone", 3)
        await world.erase("gone")

        async def some_are_told() -> bool:
            return len(receiver.told) > 5

        await eventually(some_are_told)
        await first.kill()

        async def none_waits() -> bool:
            told = await collection(world).count_documents({"told_at": {"$exists": True}})
            waits = await collection(world).find_one({"next_at": {"$exists": True}})
            return told >= 80 and waits is None

        await eventually(none_waits)
        for shopper in shoppers:
            await shopper.disconnect()
    sources = Sources.of(stack_env, clients=clients, accepted=accepted, tellings=tellings)
    verdict = await audit_at_end(sources, Rules(told_within=0.0, may_tell_again=True))
    verdict.assert_clean()
    assert not set(receiver.ids()) & set(seen)
    assert receiver.problems + push_service.problems == []
