"""Our additions to python-socketio's table of clients."""

import itertools
from functools import partial
from typing import Any

import pytest

from delivery.sockets.server import Connections, make_server


@pytest.mark.parametrize(("unanswered", "kept"), [(3, 3), (99, 99), (5_000, 100)])
async def test_only_the_latest_unanswered_pushes_are_kept(unanswered: int, kept: int) -> None:
    connections, acked = Connections(), list[int]()
    pushes: dict[int, Any] = {0: itertools.count(1)}
    connections.callbacks["s1"] = pushes
    for number in range(1, unanswered + 2):
        pushes[number] = lambda number=number: acked.append(number)
    await connections.trigger_callback("s1", unanswered + 1, None)
    assert acked == [unanswered + 1]
    latest = range(unanswered - kept + 1, unanswered + 1)
    assert list(pushes) == [0, *latest], "the counter, and the pushes that may still be answered"


async def test_a_client_is_reported_connected_unless_it_has_gone_before() -> None:
    connections, connected = Connections(), list[str]()
    make_server(connections, ())
    for client in ("stays", "goes"):
        sid = await connections.pre_connect(client, "/")
        connections.when_connected(sid, partial(connected.append, client))
        if client == "goes":
            await connections.disconnect(sid, "/", ignore_queue=True)
        await connections.connect(sid, "/")
    assert connected == ["stays"]
