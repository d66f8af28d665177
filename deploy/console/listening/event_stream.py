"""The response that sends one listener's events as they come (`text/event-stream`)."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from deploy.console.listening.hub import Listener

_HEARTBEAT_SECONDS = 15.0
_HEARTBEAT = b": still here\n\n"
#: How long a client has to receive the remaining events when its stream ends.
_REST_SECONDS = 1.0
#: Tells the browser after how many milliseconds to connect again.
_BEGINNING = b"retry: 2000\n\n"


class EventStream(Response):
    """Sends events until the client disconnects, the listener is ended, or the token expires."""

    media_type = "text/event-stream"

    def __init__(self, listener: Listener, leave: Callable[[], None], until: float) -> None:
        """`leave` is called at the end. `until` is when the token expires, in Unix seconds."""
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._listener = listener
        self._leave = leave
        self._until = until

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream. Starlette calls this."""
        tasks = (
            asyncio.create_task(self._send(send), name="event stream"),
            asyncio.create_task(_gone(receive), name="listener gone"),
            asyncio.create_task(self._listener.ended.wait(), name="listener ended"),
        )
        sending, gone, ended = tasks
        expired_in = max(0.0, self._until - time.time())
        try:
            await asyncio.wait(tasks, timeout=expired_in, return_when=asyncio.FIRST_COMPLETED)
            self._listener.end()
            if not gone.done():
                await asyncio.wait({sending}, timeout=_REST_SECONDS)
            if not gone.done() and not sending.done():
                # The client reads nothing, so the stream cannot be completed. Uvicorn closes the
                # connection after an exception, and `runtime.http_server` does not log this one.
                raise asyncio.CancelledError
        finally:
            self._leave()
            for task in (sending, gone, ended):
                task.cancel()
            await asyncio.wait(tasks)
            with suppress(asyncio.CancelledError):
                sending.result()

    async def _send(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        await send(_body(_BEGINNING))
        while (event := await self._next()) is not None:
            await send(_body(event))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _next(self) -> bytes | None:
        try:
            async with asyncio.timeout(_HEARTBEAT_SECONDS):
                return await self._listener.waiting.get()
        except TimeoutError:
            return _HEARTBEAT


async def _gone(receive: Receive) -> None:
    """Wait until the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _body(content: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": content, "more_body": True}
