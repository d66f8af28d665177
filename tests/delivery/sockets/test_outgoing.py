"""The queue of sends, with a server that sends only when the test allows it."""

import asyncio
from typing import Any, cast

import socketio

from delivery.sockets import outgoing as module
from delivery.sockets.outgoing import Outgoing


class _Server:
    def __init__(self) -> None:
        self.may_send = asyncio.Semaphore(0)
        self.sent: list[str] = []

    async def emit(self, _event: str, _text: object, *, to: str, **_more: Any) -> None:
        await self.may_send.acquire()
        self.sent.append(to)


async def test_until_few_waiting_waits_while_many_events_wait_to_be_sent() -> None:
    server = _Server()
    outgoing = Outgoing(cast(socketio.AsyncServer, server))
    running = asyncio.create_task(outgoing.run())
    async with asyncio.timeout(10):
        await outgoing.until_few_waiting()
        for number in range(module._FEW + 10):
            outgoing.emit_inbox(str(number), b"{}")
        waiting = asyncio.create_task(outgoing.until_few_waiting())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        for _ in range(11):
            server.may_send.release()
        await waiting
        assert server.sent == [f"user:{number}" for number in range(len(server.sent))]
    running.cancel()
