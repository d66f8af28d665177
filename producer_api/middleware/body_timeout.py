"""The time limit for a request's body."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from producer_api.problems.body_errors import BodyTooSlowError


class BodyTimeout:
    """ASGI middleware: reading a body that takes too long raises `BodyTooSlowError`."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request. The time for its body starts now."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        deadline = asyncio.get_running_loop().time() + self._seconds
        arrived = False

        async def receive_in_time() -> Message:
            nonlocal arrived
            # After the whole body, the only message left is that the client has gone. The app may
            # wait for that as long as it works.
            if arrived:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise BodyTooSlowError(
                    f"the body did not arrive within {self._seconds:g} seconds"
                ) from None
            arrived = not message.get("more_body", False)
            return message

        return await self._app(scope, receive_in_time, send)
