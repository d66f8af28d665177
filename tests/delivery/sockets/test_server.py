"""Our additions to python-socketio's table of connections."""

from functools import partial

from delivery.sockets.clients import Clients
from delivery.sockets.departures import Departures
from delivery.sockets.polling_client import PollingSessions
from delivery.sockets.server import Connections, make_server


def _connections() -> Connections:
    connections = Connections(Clients())
    make_server(connections, Departures(), PollingSessions(1), ())
    return connections


async def test_a_client_is_reported_connected_unless_it_has_gone_before() -> None:
    connections, connected = _connections(), list[str]()
    for client in ("stays", "goes"):
        sid = await connections.pre_connect(client, "/")
        connections.when_connected(sid, partial(connected.append, client))
        if client == "goes":
            await connections.disconnect(sid, "/", ignore_queue=True)
        await connections.connect(sid, "/")
    assert connected == ["stays"]


async def test_nothing_is_left_of_a_client_that_disconnects() -> None:
    connections = _connections()
    sids = [await connections.pre_connect(client, "/") for client in ("one", "two")]
    for sid in sids:
        await connections.connect(sid, "/")
        await connections.enter_room(sid, "/", "user:ana")
    assert dict(connections.get_participants("/", "user:ana")) == dict(
        zip(sids, ("one", "two"), strict=True)
    )
    for sid in sids:
        connections.pre_disconnect(sid, "/")
        await connections.disconnect(sid, "/", ignore_queue=True)
    assert (connections.rooms, connections.pending_connect, connections.pending_disconnect) == (
        {},
        {},
        {},
    )
