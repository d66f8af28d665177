"""Delivery reads and writes with majority concern, whatever MongoDB's URL says."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandListener, CommandStartedEvent

from delivery import inbox as module
from delivery.inbox import Inbox
from tests.services.world import World

_READS = {"find", "aggregate"}


class _Commands(CommandListener):
    """Records each command that is sent, with its name."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.sent.append((event.command_name, event.command))

    def succeeded(self, event: Any) -> None: ...

    def failed(self, event: Any) -> None: ...


async def test_the_inbox_is_read_with_majority_from_the_primary(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = _Commands()
    monkeypatch.setattr(
        module, "AsyncIOMotorClient", partial(AsyncIOMotorClient, event_listeners=[commands])
    )
    url = f"{world.settings.mongo_url}&readConcernLevel=local&readPreference=secondaryPreferred"
    inbox = Inbox(url, world.settings.mongo_database)
    await inbox.owed(["ana"], 10)
    await inbox.still_owed(["ana"], ["one"])
    await inbox.owed_by_user()
    await inbox.taken_back(["ana"], ["one"])
    await inbox.delivered_at(["ana"], ["one"])
    await inbox.mark_dead_lettered("one", "ana", datetime.now(UTC))
    inbox.close()
    reads = [command for name, command in commands.sent if name in _READS]
    assert len(reads) >= 5
    assert all(command["readConcern"]["level"] == "majority" for command in reads)
    assert not any("secondary" in str(command.get("$readPreference")) for command in reads)
    (written,) = [command for name, command in commands.sent if name == "update"]
    assert written["writeConcern"]["w"] == "majority"
