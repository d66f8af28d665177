"""The last resort: a bug is logged, and answered without telling anything of our insides."""

import logging
from http import HTTPStatus

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from producer_api.problems.documents import problem

_log = logging.getLogger(__name__)


class LastResort:
    """ASGI middleware, inside CORS so that a browser may read the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer 500 for whatever is raised before an answer has begun."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            return await self._app(scope, receive, watched)
        except ClientDisconnect:
            return None  # there is nobody to answer
        except Exception:
            _log.exception(
                "a request failed", extra={"method": scope["method"], "path": scope["path"]}
            )
            if started:
                raise
            answer = problem(
                Request(scope), HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here."
            )
            return await answer(scope, receive, send)
