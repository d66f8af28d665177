"""The connected clients of this instance."""

from delivery.sockets.client import Client


class Clients:
    """Owns the client of each Socket.IO connection, by socket id."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}

    def add(self, socket: str, client: Client) -> None:
        """Add a client that has been told that it is connected."""
        self._clients[socket] = client

    def remove(self, socket: str) -> None:
        """Remove a client whose connection has ended."""
        self._clients.pop(socket, None)

    def get(self, socket: str) -> Client | None:
        """Return the client, or None if its connection has ended."""
        return self._clients.get(socket)
