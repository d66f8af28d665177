"""Python-socketio's table of clients, as far as it is ours."""

import itertools
from functools import partial
from typing import Any

import pytest

from delivery.sockets.server import Connections, make_server


@pytest.mark.parametrize(("passed_over", "kept"), [(3, 3), (99, 99), (5_000, 100)])
async def test_of_what_a_client_passes_over_the_latest_are_kept(
    passed_over: int, kept: int
) -> None:
    connections, acked = Connections(), list[int]()
    pushes: dict[int, Any] = {0: itertools.count(1)}
    connections.callbacks["s1"] = pushes
    for number in range(1, passed_over + 2):
        pushes[number] = lambda number=number: acked.append(number)
    await connections.trigger_callback("s1", passed_over + 1, None)
    assert acked == [passed_over + 1]
    latest = range(passed_over - kept + 1, passed_over + 1)
    assert list(pushes) == [0, *latest], "the counter, and those that may yet be answered"


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
