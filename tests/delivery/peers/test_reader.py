"""Reading over a link: at once where possible, in order, and no more than can be handled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from delivery.peers import reader as module
from delivery.peers.frames import MalformedFrameError, encode
from delivery.peers.messages import (
    AckedMessage,
    Message,
    SnapshotRequestMessage,
    UnsubscribeMessage,
)
from delivery.peers.reader import FrameReader, LinkEndedError
from tests.delivery.peers.pair import until

_ACK, _LATER = AckedMessage("s1", 1), SnapshotRequestMessage()


class _Rig:
    """A reader that handles acks at once, and other messages when the test sets `handles`."""

    def __init__(self) -> None:
        self.reader = FrameReader()
        self.handled: list[Message] = []
        self.handles = asyncio.Event()
        self.handles.set()
        self.is_reading = True

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def receive(self, *messages: Message) -> None:
        """Let a frame arrive."""
        self.reader.received(b"".join(map(encode, messages)), is_text=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run the reader inside the `with` block."""
        task = asyncio.create_task(self.reader.run(self, self._handle_now, self._handle))
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            yield task
        task.cancel()
        await asyncio.wait((task,))

    async def until_handled(self, count: int) -> None:
        """Wait until this many messages are handled."""
        await until(lambda: len(self.handled) >= count)

    def _handle_now(self, message: Message) -> bool:
        if isinstance(message, AckedMessage):
            self.handled.append(message)
            return True
        return False

    async def _handle(self, message: Message) -> None:
        await self.handles.wait()
        self.handled.append(message)


async def test_an_ack_is_handled_as_soon_as_it_is_read() -> None:
    rig = _Rig()
    async with rig.running():
        rig.receive(_ACK, _ACK)
        assert rig.handled == [_ACK, _ACK]


async def test_messages_behind_one_that_waits_are_handled_in_order() -> None:
    rig = _Rig()
    async with rig.running():
        rig.handles.clear()
        rig.receive(_ACK, _LATER, _ACK)
        await asyncio.sleep(0)
        rig.receive(_ACK)
        assert rig.handled == [_ACK]
        rig.handles.set()
        await rig.until_handled(4)
        rig.receive(_ACK)
    assert rig.handled == [_ACK, _LATER, _ACK, _ACK, _ACK]


async def test_messages_that_arrive_before_the_start_are_handled_at_the_start() -> None:
    rig = _Rig()
    rig.receive(_ACK, _LATER)
    assert rig.handled == []
    async with rig.running():
        await rig.until_handled(2)
    assert rig.handled == [_ACK, _LATER]


async def test_acks_beyond_one_slice_let_other_tasks_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SLICE_SECONDS", -1)
    rig = _Rig()
    async with rig.running():
        rig.receive(_ACK, _ACK)
        assert rig.handled == [_ACK]
        await rig.until_handled(2)


async def test_no_more_is_read_while_many_frames_wait() -> None:
    rig = _Rig()
    async with rig.running():
        rig.handles.clear()
        for count in range(1, module._MAX_WAITING + 1):
            assert rig.is_reading
            rig.receive(UnsubscribeMessage([str(count)]))
        assert not rig.is_reading
        rig.handles.set()
        await rig.until_handled(module._MAX_WAITING)
        await asyncio.sleep(0)
        assert rig.is_reading


@pytest.mark.parametrize("frame", [b"\0", encode(_LATER) + b"\0"])
async def test_a_malformed_frame_ends_the_reader(frame: bytes) -> None:
    rig = _Rig()
    async with rig.running() as running:
        rig.reader.received(frame, is_text=False)
        rig.receive(_ACK)
        with pytest.raises(MalformedFrameError):
            await running
    assert _ACK not in rig.handled, "nothing is handled after a malformed frame"


async def test_what_arrived_before_the_end_is_handled() -> None:
    rig = _Rig()
    async with rig.running() as running:
        rig.receive(_LATER, _ACK)
        rig.reader.closed(1006)
        with pytest.raises(LinkEndedError, match="1006"):
            await running
    assert rig.handled == [_LATER, _ACK]


async def test_a_peer_is_not_silent_while_its_frames_wait() -> None:
    rig = _Rig()
    rig.handles.clear()
    async with rig.running():
        watching = asyncio.create_task(rig.reader.watch(0.05))
        while rig.is_reading:  # once reading is paused, nothing more arrives
            rig.receive(_LATER)
        ended, _ = await asyncio.wait((watching,), timeout=0.2)
        assert not ended
        rig.handles.set()
        await until(lambda: rig.is_reading)
        with pytest.raises(TimeoutError):
            await watching
