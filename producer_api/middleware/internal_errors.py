"""Logs a bug in full, and answers with a 500 that reveals nothing."""

import logging

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from producer_api.problems.documents import problem

_log = logging.getLogger(__name__)


class InternalErrors:
    """ASGI middleware that turns an unhandled exception into a 500.

    It runs inside CORS, so that browsers can read the 500.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request. Answer 500 if it raises before its response has started."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        response_started = False

        async def send_watched(message: Message) -> None:
            nonlocal response_started
            response_started = response_started or message["type"] == "http.response.start"
            await send(message)

        try:
            return await self._app(scope, receive, send_watched)
        except ClientDisconnect:
            return None  # there is no client to answer
        except Exception:
            _log.exception(
                "unhandled exception in a request",
                extra={"method": scope["method"], "path": scope["path"]},
            )
            # A response that has started cannot be replaced. Raise, so that the server cuts it off,
            # and the client can see that it is incomplete.
            if response_started:
                raise
            answer = problem(Request(scope), "internal", "an unexpected error occurred")
            return await answer(scope, receive, send)
