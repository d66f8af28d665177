"""The time limit for a request's body."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from producer_api.problems.body_errors import BodyTooSlowError


class BodyTimeout:
    """ASGI middleware that raises `BodyTooSlowError` if reading the body takes too long."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request. The time limit for its body starts with this call."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        deadline = asyncio.get_running_loop().time() + self._seconds
        body_complete = False

        async def receive_in_time() -> Message:
            nonlocal body_complete
            # After the whole body, the only message left is the client's disconnect. The app may
            # wait for it without a limit.
            if body_complete:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise BodyTooSlowError(
                    f"the body did not arrive within {self._seconds:g} seconds"
                ) from None
            body_complete = not message.get("more_body", False)
            return message

        return await self._app(scope, receive_in_time, send)
