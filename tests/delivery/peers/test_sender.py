"""What is said over a link: in order, many messages a frame, and no more than a peer can take."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from delivery.core.subscription_set import Subscription
from delivery.peers import sender as module
from delivery.peers.frames import decode
from delivery.peers.messages import AckedMessage, DisconnectMessage, InboxEventMessage, StateMessage
from delivery.peers.peer_link import _SUBSCRIPTIONS_A_PART
from delivery.peers.sender import Sender, SlowPeerError
from delivery.sockets.server import _LARGEST_CLIENT_MESSAGE_BYTES


@asynccontextmanager
async def _running(
    sender: Sender, send: Callable[[bytes], Awaitable[None]]
) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(sender.run(send))
    async with asyncio.timeout(10):
        yield task
    task.cancel()
    await asyncio.wait((task,))


class _Peer:
    """Takes frames as they come, once it is let."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[bytes] = asyncio.Queue(10_000)
        self.reads = asyncio.Event()

    async def take(self, frame: bytes) -> None:
        await self.reads.wait()
        await self.frames.put(frame)


async def test_what_is_said_arrives_in_order_and_many_in_a_frame() -> None:
    sender, peer = Sender(), _Peer()
    messages = [AckedMessage(f"s{number}", number) for number in range(3_000)]
    for message in messages:
        sender.say(message)
    peer.reads.set()
    heard: list[object] = []
    sizes: list[int] = []
    async with _running(sender, peer.take):
        while len(heard) < len(messages):
            frame = await peer.frames.get()
            sizes.append(len(frame))
            heard += decode(frame)
        sender.say(DisconnectMessage("later"))
        assert list(decode(await peer.frames.get())) == [DisconnectMessage("later")]
    assert heard == messages
    assert len(sizes) < 10
    assert max(sizes) < module._FRAME_BYTES + 100


async def test_a_frame_grows_no_further_than_its_limit_and_one_message() -> None:
    sender, peer = Sender(), _Peer()
    for _ in range(5):
        sender.say(InboxEventMessage("ana", b"x" * module._FRAME_BYTES))
    peer.reads.set()
    async with _running(sender, peer.take):
        for _ in range(5):
            assert len(list(decode(await peer.frames.get()))) == 1


async def test_a_message_is_made_when_its_turn_has_come() -> None:
    sender, peer = Sender(), _Peer()
    said = [f"s{number}" for number in range(2)]
    sender.say(DisconnectMessage("first"))
    async with _running(sender, peer.take):
        await asyncio.sleep(0)  # the first is on its way, and nobody takes it
        sender.say(lambda: DisconnectMessage(said[0]))
        said[0] = "as it is by then"
        peer.reads.set()
        await peer.frames.get()
        assert list(decode(await peer.frames.get())) == [DisconnectMessage("as it is by then")]


async def test_a_peer_that_takes_no_frame_has_lost_the_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_SEND_SECONDS", 0.02)
    sender, peer = Sender(), _Peer()
    sender.say(DisconnectMessage("s1"))
    async with _running(sender, peer.take) as task:
        with pytest.raises(TimeoutError):
            await task


async def test_a_peer_that_lets_too_much_wait_has_lost_the_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_LIMIT_MESSAGES", 100)
    sender, peer = Sender(), _Peer()
    async with _running(sender, peer.take) as task:
        sender.say(DisconnectMessage("s1"))
        await asyncio.sleep(0)
        for number in range(1_000):
            sender.say(DisconnectMessage(f"s{number}"))
        assert len(sender._waiting) == 101, "no more memory than that"
        peer.reads.set()
        with pytest.raises(SlowPeerError):
            await task


async def test_what_one_may_wait_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIMIT_MESSAGES", 100)
    sender, peer = Sender(), _Peer()
    for number in range(100):
        sender.say(DisconnectMessage(f"s{number}"))
    peer.reads.set()
    async with _running(sender, peer.take):
        assert len(list(decode(await peer.frames.get()))) == 100


@pytest.mark.parametrize("character", ["x", "ñ", "\U0001f4e6", "\0"])
async def test_an_edge_never_says_more_than_the_web_server_takes(character: str) -> None:
    """The longest ids there may be, of characters that take the most bytes."""
    sender, peer = Sender(), _Peer()
    part = [
        Subscription(f"{number:020}", character * 128) for number in range(_SUBSCRIPTIONS_A_PART)
    ]
    for fill in range(module._FRAME_BYTES - 60, module._FRAME_BYTES, 3):
        sender.say(DisconnectMessage("s" * fill))  # a frame that is almost full already
        sender.say(StateMessage(7, part, True))
    peer.reads.set()
    heard = 0
    async with _running(sender, peer.take):
        while heard < 40:
            frame = await peer.frames.get()
            heard += len(list(decode(frame)))
            assert len(frame) <= _LARGEST_CLIENT_MESSAGE_BYTES
