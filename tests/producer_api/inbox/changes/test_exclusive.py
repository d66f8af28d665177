"""Changes of an inbox wait for each other. Their number and time are limited."""

import asyncio
from typing import Any, cast

import pytest

from producer_api.inbox.changes.exclusive import ExclusiveChanges, InboxBusyError
from producer_api.settings import Settings

_NO_PART = cast("Any", None)


def _changes(**changed: float) -> ExclusiveChanges:
    settings = Settings.model_validate({"auth_jwt_secret": "x" * 32, **changed})
    return ExclusiveChanges(settings, *[_NO_PART] * 2)


async def test_change_is_refused_if_too_many_are_waiting() -> None:
    changes = _changes(producer_api_max_pending=1)
    async with changes._alone("ana"):
        with pytest.raises(InboxBusyError, match="too many"):
            await changes._alone("eve").__aenter__()
    async with changes._alone("eve"):
        pass


async def test_change_of_a_busy_user_times_out_and_other_users_do_not_wait() -> None:
    changes = _changes(producer_api_create_timeout_seconds=0.01)
    async with changes._alone("ana"):
        with pytest.raises(InboxBusyError, match="this user"):
            await changes._alone("ana").__aenter__()
        async with changes._alone("eve"):
            pass


async def test_changes_of_a_user_run_one_at_a_time_and_leave_no_lock() -> None:
    changes, inside = _changes(), 0

    async def change() -> None:
        nonlocal inside
        async with changes._alone("ana"):
            inside += 1
            await asyncio.sleep(0)
            assert inside == 1
            inside -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(change())
    assert not changes._locks
