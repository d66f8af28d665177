"""Identifies this instance to its peers, by its address and the secret that all of them share."""

from collections.abc import Awaitable, Callable

from delivery.peers.handshake import HandshakeError, Hello, check, from_text, hello, proof, to_text

_DIAL, _ACCEPT = "dial", "accept"

Send = Callable[[str], Awaitable[None]]
Receive = Callable[[], Awaitable[str | bytes]]


class Credentials:
    """Performs the handshake from either side of a link. Has no time-out of its own."""

    def __init__(self, address: str, instance: str, secret: bytes) -> None:
        self.address = address
        self._instance = instance
        self._secret = secret

    async def dial(self, address: str, send: Send, receive: Receive) -> None:
        """Prove to the instance at `address` that this one is a peer, and check that it is one too.

        Raises `HandshakeError`.
        """
        theirs, _ = from_text(await receive())
        ours = hello(self._instance, self.address)
        if theirs.address != address:
            raise HandshakeError(
                f"the instance at {address} says it is at {theirs.address}: set its "
                "DELIVERY_ADVERTISED_URL"
            )
        await send(to_text(ours, proof=proof(self._secret, _DIAL, theirs, ours)))
        _, received_proof = from_text(await receive())
        check(received_proof, proof(self._secret, _ACCEPT, theirs, ours))

    async def accept(self, send: Send, receive: Receive) -> Hello:
        """Check that the dialling instance is a peer, prove that this one is, and return its hello.

        Raises `HandshakeError`.
        """
        ours = hello(self._instance, self.address)
        await send(to_text(ours))
        theirs, received_proof = from_text(await receive())
        check(received_proof, proof(self._secret, _DIAL, ours, theirs))
        await send(to_text(ours, proof=proof(self._secret, _ACCEPT, ours, theirs)))
        return theirs
