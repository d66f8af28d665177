"""Endpoints that fail: none delays the calls to others, and nothing is lost."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import StringIO
from itertools import chain
from typing import Any

from rich.console import Console

from delivery.tools.away import away as tool
from delivery.tools.settings import ToolSettings
from tests.integration.away.entries import all_ended, collection, subscribe
from tests.services.program import Program, running
from tests.services.push_service import PushService
from tests.services.waiting import eventually
from tests.services.webhook_receiver import WebhookReceiver, hang, status
from tests.services.world import World

_REASONS = {
    "moved": "the endpoint answered 302",
    "slow": "no answer within 0.3 seconds",
    "broken": "the endpoint answered 500",
    "gone": "the endpoint has answered 410 Gone",
    "inside": "10.0.0.1 resolves to 10.0.0.1, which is not public; if that is intended, add its "
    "network to AWAY_ALLOWED_NETWORKS",
}

#: The time for the calls under way, plus that for the rest of the stop. A supervisor allows 10 s.
_STOP_SECONDS = 5 + 4


@asynccontextmanager
async def _blackhole() -> AsyncIterator[int]:
    """Accept connections on a port, and never answer."""
    held = []
    server = await asyncio.start_server(
        lambda _, writer: held.append(writer), "127.0.0.1", 0, start_serving=True
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in held:
            writer.close()
        server.close()


async def test_calls_to_bad_endpoints_become_dead_letters_and_stop_no_others(
    world: World, away: Callable[..., Program], receiver: WebhookReceiver
) -> None:
    receiver.answers = {
        "/moved": status(302, Location=f"{receiver.url}/stolen"),
        "/slow": hang,
        "/broken": status(500),
        "/gone": status(410),
    }
    webhooks = {name: f"{receiver.url}/{name}" for name in ("moved", "slow", "broken", "gone")}
    webhooks |= {"inside": "http://10.0.0.1/", "*": f"{receiver.url}/all"}
    program = away(
        AWAY_WEBHOOKS=" ".join(f"{category}={url}" for category, url in webhooks.items()),
        AWAY_WEBHOOK_TIMEOUT_SECONDS="0.3",
        AWAY_WEBHOOK_SLOTS="2",
        AWAY_RETRY_FOR_SECONDS="1",
    )
    entries = collection(world)
    async with running(program):
        bad = {name: (await world.create("ana", 5, type=f"{name}.x")) for name in _REASONS}
        good = await world.create("ana", 5)
        damaged = {"_id": "damaged", "way": "webhook", "notification": good[0], "due_at": "soon"}
        owner = {"user_id": "ana", "category": "order"}
        due = {"failures": 0, "next_at": datetime.now(UTC)}
        await entries.insert_one({**damaged, **owner, **due})

        async def good_are_told() -> bool:
            return len(receiver.told) == 5

        await eventually(good_are_told)
        assert await entries.find_one({"category": "slow", "next_at": {"$exists": True}})
        await all_ended(world, 30)
        dead = await entries.find({"dead": {"$exists": True}}).to_list(None)
        assert sorted(entry["notification"] for entry in dead) == sorted(chain(*bad.values()))
        assert {entry["category"]: entry["dead"]["reason"] for entry in dead} == _REASONS
    assert sorted(receiver.ids()) == sorted(good)
    assert "/stolen" not in receiver.calls
    assert len(receiver.calls["/gone"]) <= 2  # only the calls that were under way
    assert len(receiver.calls["/broken"]) > 10
    assert receiver.problems == []


async def test_dead_letters_are_listed_and_replayed(
    world: World, away: Callable[..., Program], receiver: WebhookReceiver, stack_env: dict[str, str]
) -> None:
    receiver.answers["/all"] = status(500)
    program = away(AWAY_RETRY_FOR_SECONDS="0.1")
    settings = ToolSettings.model_validate({name.lower(): v for name, v in stack_env.items()})
    async with running(program):
        (kept, seen, left) = await world.create("ana", 3)
        await all_ended(world, 3)
        console = Console(file=StringIO(), width=200)
        assert await tool("list", settings, console, apply=False) == 1
        assert await tool("replay", settings, console, apply=False) == 0
        assert "the endpoint answered 500" in console.file.getvalue()  # type: ignore[attr-defined]
        receiver.answers["/all"] = status(204)
        await world.inbox.update_one({"_id": seen}, {"$set": {"seen_at": datetime.now(UTC)}})
        await tool("replay", settings, console, [kept, seen], apply=True)
        await all_ended(world, 2)
        assert receiver.ids() == [kept]
        await tool("replay", settings, console, apply=True)
        await all_ended(world, 2)
        assert await tool("list", settings, console, apply=False) == 0
    assert receiver.ids() == [kept, left]


async def test_a_failed_call_is_made_again_with_the_same_id(
    world: World, away: Callable[..., Program], receiver: WebhookReceiver
) -> None:
    async def recovers(before: int) -> Any:
        return await status(503 if before < 2 else 200)(before)

    receiver.answers["/all"] = recovers
    async with running(away()):
        (notification,) = await world.create("ana")
        await all_ended(world, 1)
    assert receiver.calls["/all"] == [notification] * 3
    assert receiver.ids() == [notification]


async def test_each_browser_is_told_once_and_ended_subscriptions_go(
    world: World, away: Callable[..., Program], push_service: PushService
) -> None:
    well, failing, ended, gone = (push_service.browser() for _ in range(4))
    failing.answers, ended.answers, gone.answers = [500, 429], [404], [410]
    for browser in (well, failing, ended, gone):
        await subscribe(world, "ana", browser)
    subscriptions = collection(world, "push_subscriptions")
    inside = push_service.browser()
    inside.endpoint = "https://10.0.0.1/push/1"
    await subscribe(world, "ana", inside)
    stolen = push_service.browser()
    await subscribe(world, "bea", stolen)
    created_at = (await subscriptions.find_one({"user_id": "bea"}))["created_at"]
    ended_sessions = collection(world, "ended_sessions")
    await ended_sessions.insert_one({"_id": "bea", "revoked_at": created_at})
    async with running(away(AWAY_WEBHOOKS="other=http://127.0.0.1:9/")):
        await world.create("ana", body="ñ" * 2_000, severity="critical")
        await world.create("bea")
        await all_ended(world, 1)
        left = await subscriptions.find({"user_id": "ana"}).to_list(None)
    assert [len(each.messages) for each in (well, failing, ended, gone)] == [1, 1, 0, 0]
    assert stolen.messages == []
    assert {each["endpoint"] for each in left} == {well.endpoint, failing.endpoint}
    assert well.headers[0]["Urgency"] == "high"
    assert well.messages[0]["body"].endswith("…")
    assert push_service.problems == []


async def test_a_push_service_that_hangs_delays_no_other_browser(
    world: World, away: Callable[..., Program], push_service: PushService
) -> None:
    well = push_service.browser()
    await subscribe(world, "well", well)
    stuck = [f"stuck-{number}" for number in range(8)]
    async with _blackhole() as port:
        for user in stuck:
            browser = push_service.browser()
            browser.endpoint = f"http://127.0.0.1:{port}/{user}"
            await subscribe(world, user, browser)
        program = away(
            AWAY_WEBHOOKS="other=http://127.0.0.1:9/",
            AWAY_PUSH_SLOTS="4",
            AWAY_PUSH_TIMEOUT_SECONDS="60",
        )
        async with running(program):
            for user in stuck:
                await world.create(user)
            await world.create("well")

            async def is_told() -> bool:
                return len(well.messages) == 1

            async def only_the_stuck_wait() -> bool:
                count = collection(world).count_documents({"next_at": {"$exists": True}})
                return int(await count) == len(stuck)

            await eventually(is_told, within=20)
            await eventually(only_the_stuck_wait)
            async with asyncio.timeout(_STOP_SECONDS):
                os.kill(program.pid, signal.SIGTERM)
                assert await program.wait() == 0, "it must not wait for endpoints that hang"
            assert await only_the_stuck_wait(), "their entries must wait for another process"
