"""A body that arrives in time, or is waited for no more."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TooSlowError(Exception):
    """The body did not arrive in its time; the message says in which."""


class Arrival:
    """ASGI middleware: whoever reads a body that comes too slowly gets `TooSlowError`."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the time begins now."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        deadline = asyncio.get_running_loop().time() + self._seconds
        arrived = False

        async def in_time() -> Message:
            nonlocal arrived
            if arrived:  # what may still come is the client's going
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise TooSlowError(
                    f"the body did not arrive within {self._seconds:g} seconds"
                ) from None
            arrived = not message.get("more_body", False)
            return message

        return await self._app(scope, in_time, send)
