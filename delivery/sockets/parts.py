"""The Socket.IO server and its transports, wired together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import socketio

from delivery.sockets.arrivals import Arrivals
from delivery.sockets.clients import Clients
from delivery.sockets.departures import Departures
from delivery.sockets.outgoing import Outgoing
from delivery.sockets.polling_client import PollingSessions
from delivery.sockets.server import Connections, make_server


@dataclass(frozen=True, slots=True)
class SocketParts:
    """The parts that connect shoppers, and that sessions and pushes use."""

    server: socketio.AsyncServer
    connections: Connections
    clients: Clients
    arrivals: Arrivals
    departures: Departures
    polling: PollingSessions
    outgoing: Outgoing

    @classmethod
    def wired(
        cls, origins: Sequence[str], max_polling_sessions: int, packets_per_second: float
    ) -> Self:
        """Make the parts and wire them together."""
        clients, departures = Clients(), Departures()
        polling = PollingSessions(max_polling_sessions, packets_per_second)
        connections = Connections(clients)
        server = make_server(connections, departures, polling, origins, packets_per_second)
        outgoing = Outgoing(server, clients)
        return cls(server, connections, clients, Arrivals(), departures, polling, outgoing)
