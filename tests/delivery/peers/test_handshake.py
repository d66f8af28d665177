"""Both sides of the handshake, with each other and with strangers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.peers.credentials import Credentials
from delivery.peers.handshake import HandshakeError, Hello, from_text, hello, proof, to_text
from tests.delivery.core.effort import effort

_DIALS, _ACCEPTS = "http://dials:1", "http://accepts:1"
_SECRET = b"the secret of all instances"


def _dialling(secret: bytes = _SECRET) -> Credentials:
    return Credentials(_DIALS, "the dialling one", [secret])


def _accepting(secret: bytes = _SECRET) -> Credentials:
    return Credentials(_ACCEPTS, "the accepting one", [secret])


class _Wire:
    """Carries messages from one side to the other. `tamper` may change them in between."""

    def __init__(self, tamper: Callable[[str], str | bytes] = lambda text: text) -> None:
        self.to_dialling: asyncio.Queue[str | bytes] = asyncio.Queue(10)
        self.to_accepting: asyncio.Queue[str | bytes] = asyncio.Queue(10)
        self._tamper = tamper
        self.sent_by_dialling: list[str] = []
        self.sent_by_accepting: list[str] = []

    async def from_dialling(self, text: str) -> None:
        self.sent_by_dialling.append(text)
        await self.to_accepting.put(self._tamper(text))

    async def from_accepting(self, text: str) -> None:
        self.sent_by_accepting.append(text)
        await self.to_dialling.put(self._tamper(text))


async def _shake(
    dialling: Credentials, accepting: Credentials, wire: _Wire
) -> tuple[str | BaseException, Hello | BaseException]:
    async with asyncio.timeout(10):
        outcomes: tuple[Any, Any] = await asyncio.gather(
            _ends(dialling.dial(_ACCEPTS, wire.from_dialling, wire.to_dialling.get), wire),
            _ends(accepting.accept(wire.from_accepting, wire.to_accepting.get), wire),
            return_exceptions=True,
        )
    return outcomes


async def _ends(side: Awaitable[Any], wire: _Wire) -> Any:
    """Act as a link that closes when one side refuses. The other side gets an empty message."""
    try:
        return await side
    except HandshakeError:
        for queue in (wire.to_dialling, wire.to_accepting):
            queue.put_nowait(b"")
        raise


async def _dial_against(*sent: str | bytes, secret: bytes = _SECRET) -> list[str]:
    """Dial a peer that sends these messages, whatever it receives. Return what it received."""
    script, answers = iter(sent), list[str]()

    async def send(text: str) -> None:
        answers.append(text)

    async def receive() -> str | bytes:
        return next(script)

    await _dialling(secret).dial(_ACCEPTS, send, receive)
    return answers


async def _accept_against(answer: Callable[[str], str | bytes]) -> Hello:
    """Accept a peer that answers our hello with the result of `answer`."""
    sent: list[str] = []

    async def send(text: str) -> None:
        sent.append(text)

    async def receive() -> str | bytes:
        return answer(sent[0])

    try:
        return await _accepting().accept(send, receive)
    finally:
        if len(sent) > 1:
            assert "proof" in orjson.loads(sent[1])


async def test_two_instances_that_know_the_secret_accept_each_other() -> None:
    wire = _Wire()
    dialled, accepted = await _shake(_dialling(), _accepting(), wire)
    assert dialled == "the accepting one"
    assert isinstance(accepted, Hello)
    assert (accepted.address, accepted.instance) == (_DIALS, "the dialling one")
    sent = "".join(wire.sent_by_dialling + wire.sent_by_accepting)
    assert _SECRET.decode() not in sent
    assert _SECRET.hex() not in sent


async def test_each_link_has_its_own_proofs() -> None:
    first, second = _Wire(), _Wire()
    for wire in (first, second):
        assert (await _shake(_dialling(), _accepting(), wire))[0] == "the accepting one"
    proofs = [
        orjson.loads(text).get("proof")
        for wire in (first, second)
        for text in (*wire.sent_by_dialling, wire.sent_by_accepting[-1])
    ]
    assert len(set(proofs)) == 4


@pytest.mark.parametrize("other", [b"", b"another secret", _SECRET + b"!"])
async def test_either_side_refuses_another_secret(other: bytes) -> None:
    for dialling, accepting in (
        (_dialling(other), _accepting()),
        (_dialling(), _accepting(other)),
    ):
        dialled, accepted = await _shake(dialling, accepting, _Wire())
        assert isinstance(dialled, HandshakeError)
        assert isinstance(accepted, HandshakeError)


_OLD, _NEW = b"the old secret", b"the new secret"


@pytest.mark.parametrize(
    ("dialling", "accepting", "are_peers"),
    [
        ([_NEW, _OLD], [_OLD], True),
        ([_OLD], [_NEW, _OLD], True),
        ([_NEW, _OLD], [_NEW, _OLD], True),
        ([_NEW, _OLD], [_NEW], True),
        ([_NEW], [_NEW, _OLD], True),
        ([_NEW], [_OLD], False),
        ([_NEW, b"x"], [_OLD, b"y"], False),
    ],
)
async def test_while_secrets_rotate_the_sides_need_one_in_common(
    dialling: list[bytes], accepting: list[bytes], are_peers: bool
) -> None:
    sides = Credentials(_DIALS, "the one", dialling), Credentials(_ACCEPTS, "other", accepting)
    dialled, accepted = await _shake(*sides, _Wire())
    assert (isinstance(dialled, str), isinstance(accepted, Hello)) == (are_peers, are_peers)


async def test_an_earlier_version_reads_the_proof_of_the_current_secret() -> None:
    wire = _Wire()
    await _shake(Credentials(_DIALS, "the one", [_NEW, _OLD]), _accepting(_NEW), wire)
    theirs, _ = from_text(wire.sent_by_accepting[0])
    ours, _ = from_text(wire.sent_by_dialling[0])
    sent = orjson.loads(wire.sent_by_dialling[0])["proof"]
    assert sent == proof(_NEW, "dial", theirs, ours)


async def test_a_stranger_gets_no_proof() -> None:
    wire = _Wire()
    await _shake(_dialling(b"another secret"), _accepting(), wire)
    assert len(wire.sent_by_accepting) == 1, "a proof is sent only after the other side's proof"


async def test_a_proof_of_an_earlier_link_is_refused() -> None:
    earlier = _Wire()
    await _shake(_dialling(), _accepting(), earlier)
    with pytest.raises(HandshakeError, match="proof is wrong"):
        await _accept_against(lambda _: earlier.sent_by_dialling[0])
    with pytest.raises(HandshakeError, match="proof is wrong"):
        await _dial_against(*earlier.sent_by_accepting)


async def test_a_proof_that_is_sent_back_to_its_sender_is_refused() -> None:
    first = to_text(hello("a stranger", _ACCEPTS))
    answered: list[str] = []

    async def send(text: str) -> None:
        answered.append(text)

    async def receive() -> str:
        return answered[-1] if answered else first

    with pytest.raises(HandshakeError, match="proof is wrong"):
        await _dialling().dial(_ACCEPTS, send, receive)


async def test_the_proof_of_the_other_role_is_refused() -> None:
    """Otherwise a stranger could forward one instance's challenge to another."""

    def as_accepting(challenge: str) -> str:
        theirs, _ = from_text(challenge)
        ours = hello("a stranger", _DIALS)
        return to_text(ours, [proof(_SECRET, "accept", theirs, ours)])

    def sides_swapped(challenge: str) -> str:
        theirs, _ = from_text(challenge)
        ours = hello("a stranger", _DIALS)
        return to_text(ours, [proof(_SECRET, "dial", ours, theirs)])

    for answer in (as_accepting, sides_swapped):
        with pytest.raises(HandshakeError, match="proof is wrong"):
            await _accept_against(answer)


@pytest.mark.parametrize("field", ["nonce", "instance", "address"])
async def test_a_proof_covers_every_field_of_the_hellos(field: str) -> None:
    """Otherwise a proof could be used on another link, under another name."""

    def altered(challenge: str) -> str:
        theirs, _ = from_text(challenge)
        ours = hello("the dialling one", _DIALS)
        right = proof(_SECRET, "dial", theirs, ours)
        return to_text(replace(ours, **{field: "another"}), [right])

    with pytest.raises(HandshakeError, match="proof is wrong"):
        await _accept_against(altered)


def test_different_hellos_and_roles_have_different_proofs() -> None:
    here = hello("i", "a")
    dialled = proof(_SECRET, "dial", here, Hello("n", "x", "yz"))
    assert dialled != proof(_SECRET, "dial", here, Hello("n", "xy", "z"))
    assert dialled != proof(_SECRET, "accept", here, Hello("n", "x", "yz"))


async def test_an_instance_at_the_address_of_another_is_refused() -> None:
    """An address may have passed to another instance, which does not own the partition."""
    elsewhere = Credentials("http://elsewhere:1", "another instance", [_SECRET])
    dialled, _ = await _shake(_dialling(), elsewhere, _Wire())
    assert isinstance(dialled, HandshakeError)
    assert "http://elsewhere:1" in str(dialled)


def _protocol_2(text: str) -> str:
    return orjson.dumps(orjson.loads(text) | {"protocol": 2}).decode()


async def test_a_peer_with_another_protocol_is_refused_with_its_version() -> None:
    dialled, accepted = await _shake(_dialling(), _accepting(), _Wire(_protocol_2))
    assert "protocol is 2, not 1" in str(dialled)
    assert isinstance(accepted, HandshakeError)


_FIELDS = ["protocol", "nonce", "instance", "address", "proof", "other_proofs"]
_VALUES = st.none() | st.integers(0, 2) | st.text(max_size=5) | st.lists(st.text(max_size=1))
_GARBAGE = st.one_of(
    st.binary(max_size=20),
    st.text(max_size=20),
    st.dictionaries(st.sampled_from(_FIELDS), _VALUES).map(orjson.dumps),
    _VALUES.map(orjson.dumps),
)


@given(_GARBAGE)
@effort(100)
def test_garbage_is_refused_and_never_raises_another_error(sent: str | bytes) -> None:
    with pytest.raises(HandshakeError):
        asyncio.run(_accept_against(lambda _: sent))
    with pytest.raises(HandshakeError):
        asyncio.run(_dial_against(sent, sent))


@pytest.mark.parametrize("given_proof", ["", "ñ", "0" * 64, 7, None])
async def test_only_the_right_proof_is_accepted(given_proof: Any) -> None:
    fields = {"protocol": 1, "nonce": "n", "instance": "i", "address": _DIALS}
    with pytest.raises(HandshakeError):
        await _accept_against(lambda _: orjson.dumps(fields | {"proof": given_proof}))
