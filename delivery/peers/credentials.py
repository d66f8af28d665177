"""This instance towards its peers: its address, and the secret that it shares with them."""

from collections.abc import Awaitable, Callable

from delivery.peers.handshake import HandshakeError, Hello, check, from_text, hello, proof, to_text

_DIAL, _ACCEPT = "dial", "accept"

Send = Callable[[str], Awaitable[None]]
Receive = Callable[[], Awaitable[str | bytes]]


class Credentials:
    """Goes through the handshake, from either side of a link; give it a time-out."""

    def __init__(self, address: str, instance: str, secret: bytes) -> None:
        self.address = address
        self._instance = instance
        self._secret = secret

    async def dial(self, address: str, send: Send, receive: Receive) -> None:
        """Prove ourselves to the instance at the address, and have it prove itself.

        Raises `HandshakeError`.
        """
        theirs, _ = from_text(await receive())
        ours = hello(self._instance, self.address)
        if theirs.address != address:
            raise HandshakeError(f"at {address} answers the instance of {theirs.address}")
        await send(to_text(ours, proof=proof(self._secret, _DIAL, theirs, ours)))
        _, given = from_text(await receive())
        check(given, proof(self._secret, _ACCEPT, theirs, ours))

    async def accept(self, send: Send, receive: Receive) -> Hello:
        """Have the dialling instance prove itself, then prove ourselves; returns who it is.

        Raises `HandshakeError`.
        """
        ours = hello(self._instance, self.address)
        await send(to_text(ours))
        theirs, given = from_text(await receive())
        check(given, proof(self._secret, _DIAL, ours, theirs))
        await send(to_text(ours, proof=proof(self._secret, _ACCEPT, ours, theirs)))
        return theirs
