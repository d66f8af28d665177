"""Changes that wait for each other: bounded in number and in time."""

import asyncio
from typing import Any, cast

import pytest

from producer_api.inbox.changes.exclusive import ExclusiveChanges, InboxBusyError
from producer_api.settings import Settings

_NO_PART = cast("Any", None)


def _changing(**changed: float) -> ExclusiveChanges:
    settings = Settings.model_validate({"auth_jwt_secret": "x" * 32, **changed})
    return ExclusiveChanges(settings, *[_NO_PART] * 2)


async def test_only_so_many_wait() -> None:
    changing = _changing(producer_api_max_pending=1)
    async with changing._alone("ana"):
        with pytest.raises(InboxBusyError, match="too many"):
            await changing._alone("eve").__aenter__()
    async with changing._alone("eve"):
        pass


async def test_one_user_waits_only_so_long_and_others_not_at_all() -> None:
    changing = _changing(producer_api_create_timeout_seconds=0.01)
    async with changing._alone("ana"):
        with pytest.raises(InboxBusyError, match="this user"):
            await changing._alone("ana").__aenter__()
        async with changing._alone("eve"):
            pass


async def test_one_at_a_time_and_no_lock_is_left_behind() -> None:
    changing, inside = _changing(), 0

    async def change() -> None:
        nonlocal inside
        async with changing._alone("ana"):
            inside += 1
            await asyncio.sleep(0)
            assert inside == 1
            inside -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(change())
    assert not changing._locks
