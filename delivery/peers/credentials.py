"""This instance's identity for its peers: its address, the shared secrets, and its certificate."""

from collections.abc import Awaitable, Callable, Sequence

from delivery.peers.handshake import (
    HandshakeError,
    Hello,
    from_text,
    hello,
    matching,
    proof,
    to_text,
)
from delivery.peers.peer_tls import PeerTls
from runtime.tls_files import TlsFiles

_DIAL, _ACCEPT = "dial", "accept"

Send = Callable[[str], Awaitable[None]]
Receive = Callable[[], Awaitable[str | bytes]]


class Credentials:
    """Performs the handshake on either side of a link. The caller sets a time-out.

    There are several secrets while the operator rotates them. The two sides need one in common.
    """

    def __init__(
        self,
        address: str,
        instance: str,
        secrets: Sequence[bytes],
        tls: PeerTls | None = None,
    ) -> None:
        """Take what proves this instance to its peers.

        Without `tls`, trusts the certificate authorities that the system trusts.
        """
        self.address = address
        self.tls = tls or PeerTls(TlsFiles())
        self._instance = instance
        self._secrets = secrets

    async def dial(self, address: str, send: Send, receive: Receive) -> str:
        """Prove to the instance at `address` that this is a peer, and check the proof it returns.

        Returns the id of that instance's process. Raises `HandshakeError`.
        """
        peer_hello, _ = from_text(await receive())
        own_hello = hello(self._instance, self.address)
        if peer_hello.address != address:
            raise HandshakeError(
                f"the instance at {address} says it is at {peer_hello.address}: set its "
                "DELIVERY_ADVERTISED_URL"
            )
        await send(to_text(own_hello, self._proofs(_DIAL, peer_hello, own_hello)))
        _, received = from_text(await receive())
        matching(received, self._proofs(_ACCEPT, peer_hello, own_hello))
        return peer_hello.instance

    async def accept(self, send: Send, receive: Receive) -> Hello:
        """Check the dialling instance's proof, send a proof in return, and return the peer's hello.

        Raises `HandshakeError`.
        """
        own_hello = hello(self._instance, self.address)
        await send(to_text(own_hello))
        peer_hello, received = from_text(await receive())
        number = matching(received, self._proofs(_DIAL, own_hello, peer_hello))
        # Answer with the secret that the peer has used for its own proof.
        await send(to_text(own_hello, [self._proofs(_ACCEPT, own_hello, peer_hello)[number]]))
        return peer_hello

    def _proofs(self, role: str, accepting: Hello, dialling: Hello) -> list[str]:
        return [proof(secret, role, accepting, dialling) for secret in self._secrets]
