"""This instance's identity for its peers: its address, and the secret that they all share."""

from collections.abc import Awaitable, Callable

from delivery.peers.handshake import HandshakeError, Hello, check, from_text, hello, proof, to_text

_DIAL, _ACCEPT = "dial", "accept"

Send = Callable[[str], Awaitable[None]]
Receive = Callable[[], Awaitable[str | bytes]]


class Credentials:
    """Performs the handshake on either side of a link. The caller sets a time-out."""

    def __init__(self, address: str, instance: str, secret: bytes) -> None:
        self.address = address
        self._instance = instance
        self._secret = secret

    async def dial(self, address: str, send: Send, receive: Receive) -> None:
        """Prove this instance to the one at `address`, and check the proof that comes back.

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
        """Check the proof of the dialling instance, send ours, and return the peer's hello.

        Raises `HandshakeError`.
        """
        ours = hello(self._instance, self.address)
        await send(to_text(ours))
        theirs, received_proof = from_text(await receive())
        check(received_proof, proof(self._secret, _DIAL, ours, theirs))
        await send(to_text(ours, proof=proof(self._secret, _ACCEPT, ours, theirs)))
        return theirs
