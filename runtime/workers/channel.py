"""Calls between the parent and a worker, in both directions, over one socket."""

import asyncio
import itertools
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

_log = logging.getLogger(__name__)

#: Each message follows its length, which has this many bytes.
_LENGTH_BYTES = 4

#: Answers one kind of call. Its argument is the value of the call, and its result the value of the
#: answer.
Handler = Callable[[Any], Awaitable[Any]]


class ChannelError(Exception):
    """The other process has gone, or could not answer."""


class _Call(msgspec.Struct, tag="call"):
    id: int
    what: str
    value: Any


class _Answer(msgspec.Struct, tag="answer"):
    id: int
    value: Any
    error: str | None = None


class Channel:
    """Owns one end of the socket, the calls that wait for an answer, and the tasks that answer."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._decoder = msgspec.msgpack.Decoder(_Call | _Answer)
        self._ids = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._opened = asyncio.Event()
        self._is_over = False

    async def call(self, what: str, value: Any, seconds: float) -> Any:
        """Return the other side's answer. Waits for it at most this long.

        Raises `ChannelError` or `TimeoutError`.
        """
        number = next(self._ids)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._opened.wait()
                self._send(_Call(number, what, value))
                return await answer
        finally:
            del self._waiting[number]

    async def run(self, handlers: Mapping[str, Handler]) -> None:
        """Answer calls until the other side has gone, or until cancelled.

        `handlers` has a function for each kind of call.
        """
        self._end.setblocking(False)
        reader, self._writer = await asyncio.open_unix_connection(sock=self._end)
        self._opened.set()
        try:
            async with asyncio.TaskGroup() as answering:
                while True:
                    length = await reader.readexactly(_LENGTH_BYTES)
                    message = await reader.readexactly(int.from_bytes(length))
                    self._take(message, handlers, answering)
        except* (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other side has gone
        finally:
            self._end_all()

    def _take(
        self, data: bytes, handlers: Mapping[str, Handler], answering: asyncio.TaskGroup
    ) -> None:
        message = self._decoder.decode(data)
        if isinstance(message, _Call):
            answer = self._answer(message, handlers[message.what])
            answering.create_task(answer, name=f"answer {message.what}")
            return
        waiting = self._waiting.get(message.id)
        if waiting is None or waiting.done():
            return  # the answer came too late
        if message.error is None:
            waiting.set_result(message.value)
        else:
            waiting.set_exception(ChannelError(message.error))

    async def _answer(self, call: _Call, handler: Handler) -> None:
        try:
            answer = _Answer(call.id, await handler(call.value))
        except Exception as error:  # noqa: BLE001 - the caller learns it, and decides what follows
            _log.warning("call not answered", extra={"call": call.what, "cause": repr(error)})
            answer = _Answer(call.id, None, repr(error))
        self._send(answer)

    def _send(self, message: _Call | _Answer) -> None:
        if self._writer is None or self._is_over:
            raise ChannelError("the other process has gone")
        data = msgspec.msgpack.encode(message)
        # Do not wait for the writer to drain: calls are few, and each waits for its answer.
        self._writer.write(len(data).to_bytes(_LENGTH_BYTES) + data)

    def _end_all(self) -> None:
        self._is_over = True
        self._opened.set()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ChannelError("the other process has gone"))
        if self._writer is not None:
            self._writer.close()
