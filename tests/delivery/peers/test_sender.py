"""Sending over a link: in order, many messages per frame, within the peer's limits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from delivery.core.subscription_set import Subscription
from delivery.peers import sender as module
from delivery.peers.frames import decode
from delivery.peers.messages import (
    AckedMessage,
    DisconnectMessage,
    InboxEventMessage,
    SnapshotMessage,
)
from delivery.peers.peer_link import _SUBSCRIPTIONS_PER_PART
from delivery.peers.sender import Sender, SlowPeerError
from delivery.sockets.server import _LARGEST_CLIENT_MESSAGE_BYTES


@asynccontextmanager
async def _running(sender: Sender, peer: "_Peer") -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(sender.run(peer))
    async with asyncio.timeout(10):
        yield task
    task.cancel()
    await asyncio.wait((task,))


class _Peer:
    """A wire to a peer that reads once the test sets `reads`. Until then, one frame fills it."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[bytes] = asyncio.Queue(10_000)
        self.reads = asyncio.Event()

    @property
    def is_writable(self) -> bool:
        return self.reads.is_set() or self.frames.empty()

    def send(self, message: bytes, *, is_text: bool = True) -> None:
        assert self.is_writable
        assert not is_text
        self.frames.put_nowait(message)

    async def until_writable(self) -> None:
        await self.reads.wait()


async def test_messages_arrive_in_order_and_share_frames() -> None:
    sender, peer = Sender(), _Peer()
    messages = [AckedMessage(f"s{number}", number) for number in range(3_000)]
    for message in messages:
        sender.add(message)
    peer.reads.set()
    received: list[object] = []
    sizes: list[int] = []
    async with _running(sender, peer):
        while len(received) < len(messages):
            frame = await peer.frames.get()
            sizes.append(len(frame))
            received += decode(frame)
        sender.add(DisconnectMessage("later"))
        assert list(decode(await peer.frames.get())) == [DisconnectMessage("later")]
    assert received == messages
    assert len(sizes) < 10
    assert max(sizes) < module._FRAME_BYTES + 100


async def test_a_frame_exceeds_its_limit_by_at_most_one_message() -> None:
    sender, peer = Sender(), _Peer()
    for _ in range(5):
        sender.add(InboxEventMessage("ana", b"x" * module._FRAME_BYTES))
    peer.reads.set()
    async with _running(sender, peer):
        for _ in range(5):
            assert len(list(decode(await peer.frames.get()))) == 1


async def test_a_callable_makes_its_message_when_it_is_sent() -> None:
    sender, peer = Sender(), _Peer()
    sockets = [f"s{number}" for number in range(2)]
    sender.add(DisconnectMessage("first"))
    async with _running(sender, peer):
        await asyncio.sleep(0)  # The first frame is being sent, and the peer has not taken it.
        sender.add(lambda: DisconnectMessage(sockets[0]))
        sockets[0] = "changed meanwhile"
        peer.reads.set()
        await peer.frames.get()
        assert list(decode(await peer.frames.get())) == [DisconnectMessage("changed meanwhile")]


async def test_the_link_ends_when_the_peer_takes_no_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_SEND_SECONDS", 0.02)
    sender, peer = Sender(), _Peer()
    sender.add(DisconnectMessage("s1"))
    async with _running(sender, peer) as task:
        with pytest.raises(TimeoutError):
            await task


async def test_the_link_ends_when_too_many_messages_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_LIMIT_MESSAGES", 100)
    sender, peer = Sender(), _Peer()
    async with _running(sender, peer) as task:
        sender.add(DisconnectMessage("s1"))
        await asyncio.sleep(0)
        for number in range(1_000):
            sender.add(DisconnectMessage(f"s{number}"))
        assert len(sender._waiting) == 101, "the queue does not grow beyond the limit"
        peer.reads.set()
        with pytest.raises(SlowPeerError):
            await task


async def test_messages_up_to_the_limit_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIMIT_MESSAGES", 100)
    sender, peer = Sender(), _Peer()
    for number in range(100):
        sender.add(DisconnectMessage(f"s{number}"))
    peer.reads.set()
    async with _running(sender, peer):
        assert len(list(decode(await peer.frames.get()))) == 100


@pytest.mark.parametrize("character", ["x", "ñ", "\U0001f4e6", "\0"])
async def test_a_frame_of_an_edge_never_exceeds_the_limit_of_the_web_server(character: str) -> None:
    """The ids are as long as allowed, and consist of the characters that take the most bytes."""
    sender, peer = Sender(), _Peer()
    part = [
        Subscription(f"{number:020}", character * 128) for number in range(_SUBSCRIPTIONS_PER_PART)
    ]
    for fill in range(module._FRAME_BYTES - 60, module._FRAME_BYTES, 3):
        sender.add(DisconnectMessage("s" * fill))  # almost fills a frame
        sender.add(SnapshotMessage(7, part, True))
    peer.reads.set()
    received = 0
    async with _running(sender, peer):
        while received < 40:
            frame = await peer.frames.get()
            received += len(list(decode(frame)))
            assert len(frame) <= _LARGEST_CLIENT_MESSAGE_BYTES
