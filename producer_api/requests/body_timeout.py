"""The time limit for a request's body, which costs nothing if the body has arrived already."""

import asyncio
from collections.abc import Generator
from functools import partial
from typing import Any

from starlette.types import Message, Receive

from producer_api.problems.body_errors import BodyTooSlowError


class BodyTimeout:
    """Receives the messages of one request. The time for its body starts when the object is made.

    Most bodies arrive together with the head of their request. Then receiving waits for nothing,
    and starts no timer.
    """

    __slots__ = ("_deadline", "_is_complete", "_receive", "_seconds")

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._is_complete = False

    async def __call__(self) -> Message:
        """Return the next message. Raises `BodyTooSlowError` if the body does not arrive in time.

        After the whole body, the only message left is the client's disconnect. The application may
        wait for this message without a limit.
        """
        if self._is_complete:
            return await self._receive()
        receiving = _Begun(self._receive().__await__())
        if receiving.has_ended:
            message = receiving.message
        else:
            try:
                async with asyncio.timeout_at(self._deadline):
                    message = await receiving
            except TimeoutError:
                raise BodyTooSlowError(
                    f"the body did not arrive within {self._seconds:g} seconds"
                ) from None
        self._is_complete = not message.get("more_body", False)
        return message


class _Begun:
    """A call that has run until it first waited, or to its end. Await this to run the rest."""

    __slots__ = ("_running", "_waits_for", "has_ended", "message")

    def __init__(self, running: Generator[Any, Any, Message]) -> None:
        self._running = running
        self._waits_for: Any = None
        self.has_ended = False
        self.message: Message = {}
        """What the call has returned, if it has ended."""
        try:
            self._waits_for = next(running)
        except StopIteration as end:
            self.has_ended = True
            self.message = end.value

    def __await__(self) -> Generator[Any, Any, Message]:
        # Do the same as `yield from`, apart from the first step, which the constructor made.
        waits_for = self._waits_for
        while True:
            try:
                came = yield waits_for
            except BaseException as error:  # noqa: BLE001 - the call decides what it means
                go_on = partial(self._running.throw, error)
            else:
                go_on = partial(self._running.send, came)
            try:
                waits_for = go_on()
            except StopIteration as end:
                message: Message = end.value
                return message
