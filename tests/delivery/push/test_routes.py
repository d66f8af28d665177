"""Pushes and inbox events reach the session of their connection."""

from delivery.core.decision_types import Event, Fault
from delivery.push.routes import Routes, connection_of
from tests.delivery.push.rig import Sockets

_LINK = "http://peer:1/behind/a/path#7"


def _nothing() -> None:
    """Do nothing, like the callback of an ack that nobody waits for."""


def test_each_session_sends_to_its_own_sockets() -> None:
    routes, own, peer = Routes(), Sockets(), Sockets()
    routes.open("own", own)
    routes.open(_LINK, peer)
    routes.push(connection_of("own", "s1"), Event(1, []), _nothing, again=False)
    routes.push(connection_of(_LINK, "s1"), Event(1, []), _nothing, again=True)
    routes.disconnect(connection_of(_LINK, "s2"), Fault.CROWDED)
    assert own.pushed == ["s1: "]
    assert peer.pushed == ["s1: !"]
    assert (own.disconnected, peer.disconnected) == ([], ["s2: too_many_connections"])


def test_the_edge_of_a_connection_is_known_while_its_session_lasts() -> None:
    routes, connection = Routes(), connection_of(_LINK, "s1")
    routes.open("own", Sockets())
    routes.open(_LINK, Sockets(), "http://peer:1/behind/a/path")
    assert routes.edge_of(connection_of("own", "s1")) == ""
    assert routes.edge_of(connection) == "http://peer:1/behind/a/path"
    routes.close(_LINK)
    assert routes.edge_of(connection) is None


def test_inbox_event_goes_once_to_each_session() -> None:
    routes, own, peer, idle = Routes(), Sockets(), Sockets(), Sockets()
    for session, target in (("own", own), (_LINK, peer), ("idle", idle)):
        routes.open(session, target)
    connections = {connection_of("own", f"s{number}") for number in range(3)}
    routes.emit_inbox(connections | {connection_of(_LINK, "s1")}, "ana", b"{}")
    assert own.inbox_events == peer.inbox_events == [("ana", b"{}")]
    assert idle.inbox_events == []


def test_push_to_an_ended_session_is_dropped() -> None:
    routes, peer = Routes(), Sockets()
    routes.open(_LINK, peer)
    routes.close(_LINK)
    routes.close(_LINK)
    connection = connection_of(_LINK, "s1")
    routes.push(connection, Event(1, []), _nothing, again=False)
    routes.disconnect(connection, Fault.SILENT)
    routes.emit_inbox({connection}, "ana", b"{}")
    assert (peer.pushed, peer.disconnected, peer.inbox_events) == ([], [], [])
