"""How much work a new session is, with thousands that polled before."""

from typing import Any, cast

from engineio.async_socket import AsyncSocket

from delivery.sockets.polling_client import PollingSessions

_LIMIT, _SESSIONS = 10, 1_000


class _Upgraded:
    """A session that was upgraded. Counts how often somebody looks at it."""

    looks = 0
    closed = False
    handle_post_request: Any = None

    @property
    def upgraded(self) -> bool:
        self.looks += 1
        return True


async def test_a_new_session_does_not_look_at_those_that_were_upgraded() -> None:
    sessions = PollingSessions(_LIMIT)
    sockets = [_Upgraded() for _ in range(_SESSIONS)]
    for socket in sockets:
        assert sessions.has_room
        sessions.open(cast(AsyncSocket, socket)).forget()
    assert sum(socket.looks for socket in sockets) <= _SESSIONS
