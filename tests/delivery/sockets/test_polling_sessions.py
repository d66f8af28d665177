"""Thousands of sessions that poll or have polled cause little work."""

import asyncio
import time
from types import SimpleNamespace as Namespace
from typing import Any, cast

from engineio.async_socket import AsyncSocket

from delivery.sockets.polling_client import PollingSessions

_LIMIT, _SESSIONS = 10, 1_000


class _Upgraded:
    """A session that was upgraded. Counts how often `upgraded` is read."""

    looks = 0
    closed = False
    handle_post_request: Any = None

    @property
    def upgraded(self) -> bool:
        self.looks += 1
        return True


async def test_a_new_session_does_not_look_at_those_that_were_upgraded() -> None:
    sessions = PollingSessions(_LIMIT, 100)
    sockets = [_Upgraded() for _ in range(_SESSIONS)]
    for socket in sockets:
        assert sessions.has_room
        sessions.open(cast(AsyncSocket, socket)).forget()
    assert sum(socket.looks for socket in sockets) <= _SESSIONS


class _Ending:
    """A session whose end takes as long as on a slow machine."""

    closed = closing = upgraded = False
    handle_post_request: Any = None
    sid = ""

    def __init__(self, one_ended: asyncio.Event) -> None:
        self.server = Namespace(sockets={})
        self._one_ended = one_ended

    async def close(self, *, wait: bool) -> None:
        assert not wait
        time.sleep(0.001)  # noqa: ASYNC251 - holds the loop
        self.closed = True
        self._one_ended.set()

    async def check_ping_timeout(self) -> None:
        """Find the session alive."""


async def test_other_tasks_run_while_many_sessions_end() -> None:
    sessions, one_ended = PollingSessions(_LIMIT, 100), asyncio.Event()
    sockets = [_Ending(one_ended) for _ in range(50)]
    for socket in sockets:
        sessions.open(cast(AsyncSocket, socket)).end()
    running = asyncio.create_task(sessions.run())
    try:
        await one_ended.wait()
        closed = [socket for socket in sockets if socket.closed]
        assert len(closed) < len(sockets)
        # If a closed session were still known, sending to it would raise an exception.
        assert not any(socket in sessions._clients for socket in closed)
    finally:
        running.cancel()
