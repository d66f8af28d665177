"""Many users who catch up share queries to the inbox."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from delivery.core.record import OwedNotification
from delivery.inbox import Inbox, OwedEntry
from delivery.push import catch_up as module
from delivery.push.catch_up import CatchUp
from tests.delivery.push.rig import entry


class _Inbox:
    """An inbox that owes these notifications, oldest first. None stands for an unreadable one."""

    def __init__(self, **owed: list[OwedNotification | None]) -> None:
        self._owed = owed
        self.queries: list[Sequence[str]] = []

    async def owed(self, users: Sequence[str], limit: int, after: str = "") -> list[OwedEntry]:
        self.queries.append(users)
        owed = [
            OwedEntry(user, f"{place:05}", item)
            for user in users
            for place, item in enumerate(self._owed.get(user, []))
        ]
        return [found for found in owed if found.id > after][:limit]


async def _answers(inbox: _Inbox, *users: str) -> dict[str, Sequence[OwedNotification]]:
    """Ask about these users at the same time, and return the answer for each."""
    catch_up = CatchUp(cast(Inbox, inbox))
    answers: dict[str, Sequence[OwedNotification]] = {}
    all_there = asyncio.Event()

    def answered(user: str, page: Sequence[OwedNotification]) -> None:
        assert user not in answers
        answers[user] = page
        if len(answers) == len(users):
            all_there.set()

    for user in users:
        catch_up.ask(user, lambda page, user=user: answered(user, page))  # type: ignore[misc]
    running = asyncio.create_task(catch_up.run())
    async with asyncio.timeout(10):
        await all_there.wait()
    running.cancel()
    await asyncio.wait((running,))
    return answers


async def test_users_share_a_query_and_each_gets_their_own_page() -> None:
    first, second = entry(), entry()
    inbox = _Inbox(ana=[first], bea=[second])
    answers = await _answers(inbox, "ana", "bea", "eve")
    assert answers == {"ana": [first], "bea": [second], "eve": []}
    assert inbox.queries == [["ana", "bea", "eve"]]


async def test_unreadable_notification_is_skipped() -> None:
    readable = entry()
    assert await _answers(_Inbox(ana=[None, readable, None]), "ana") == {"ana": [readable]}


@pytest.mark.parametrize("malformed", [49, 50, 51, 500, 1_500])
async def test_a_page_is_filled_beyond_any_number_of_malformed_notifications(
    malformed: int,
) -> None:
    first, *rest = [entry() for _ in range(60)]
    owed = [first, *[None] * malformed, *rest]
    answers = await _answers(_Inbox(ana=owed, bea=[first]), "ana", "bea")
    assert answers == {"ana": [first, *rest[:49]], "bea": [first]}
    none_left = await _answers(_Inbox(ana=[None] * malformed), "ana")
    assert none_left == {"ana": []}


async def test_users_beyond_the_limit_go_into_the_next_query(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_NOTIFICATIONS_PER_QUERY", 60)
    many: list[OwedNotification | None] = [entry() for _ in range(50)]
    last = entry()
    inbox = _Inbox(ana=many, bea=[*[None] * 20, last])
    answers = await _answers(inbox, "ana", "bea")
    assert answers == {"ana": many, "bea": [last]}
    assert inbox.queries == [["ana", "bea"], ["bea"]]
