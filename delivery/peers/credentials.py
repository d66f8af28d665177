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
        """Prove to the instance at `address` that this is a peer, and check the proof it returns.

        Raises `HandshakeError`.
        """
        peer_hello, _ = from_text(await receive())
        own_hello = hello(self._instance, self.address)
        if peer_hello.address != address:
            raise HandshakeError(
                f"the instance at {address} says it is at {peer_hello.address}: set its "
                "DELIVERY_ADVERTISED_URL"
            )
        await send(to_text(own_hello, proof=proof(self._secret, _DIAL, peer_hello, own_hello)))
        _, received_proof = from_text(await receive())
        check(received_proof, proof(self._secret, _ACCEPT, peer_hello, own_hello))

    async def accept(self, send: Send, receive: Receive) -> Hello:
        """Check the dialling instance's proof, send a proof in return, and return the peer's hello.

        Raises `HandshakeError`.
        """
        own_hello = hello(self._instance, self.address)
        await send(to_text(own_hello))
        peer_hello, received_proof = from_text(await receive())
        check(received_proof, proof(self._secret, _DIAL, own_hello, peer_hello))
        await send(to_text(own_hello, proof=proof(self._secret, _ACCEPT, own_hello, peer_hello)))
        return peer_hello
