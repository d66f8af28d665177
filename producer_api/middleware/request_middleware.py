"""The one middleware: everything that each request needs around its handler."""

import logging
import re
from collections.abc import Mapping
from os import urandom
from random import Random

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from producer_api.middleware.cors import Cors
from producer_api.middleware.request_spans import begin_span, end_span
from producer_api.middleware.response import ResponseSender
from producer_api.problems.documents import problem
from producer_api.problems.handlers import answer_to
from producer_api.requests.body_timeout import BodyTimeout
from producer_api.requests.direct_route import DirectRequest, DirectRoute
from producer_api.requests.indexed_headers import IndexedHeaders
from runtime.log_lines import log_fields
from runtime.tracing import OFF, Tracing

_log = logging.getLogger(__name__)

_VALID_ID = re.compile(rb"[\x20-\x7e]{1,128}")


class RequestMiddleware:
    """The ASGI application: FastAPI, and the direct routes, which bypass FastAPI.

    - Routes by the raw path, so that an encoded slash does not split a segment. Handlers decode
      the segments they use.
    - Handles HEAD as GET. The server leaves out the body of the response.
    - Limits the time for the body.
    - Adds CORS, the request's id and the rate limit to all responses. The id is the caller's
      `X-Request-ID` if that is at most 128 characters of printable ASCII, otherwise a new one. All
      log lines of the request contain it.
    - Records a span for each request that writes, if tracing is on.
    - Turns an unhandled exception into a 500 that reveals nothing, and logs it in full.

    One class does all of this. If each task had its own middleware, each of these would wrap every
    message, and search the headers again.
    """

    def __init__(
        self,
        api: FastAPI,
        direct: Mapping[tuple[str, str], DirectRoute],
        origins: list[str],
        body_seconds: float,
        tracing: Tracing = OFF,
    ) -> None:
        self._api = api
        self._direct = direct
        self._cors = Cors(origins)
        self._body_seconds = body_seconds
        self._tracing = tracing
        # The ids need not be secret. Getting each one from the operating system would take ten
        # times as long.
        self._random = Random(urandom(32))  # noqa: S311

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request."""
        if scope["type"] != "http":
            return await self._api(scope, receive, send)
        scope["path"] = scope["raw_path"].decode("latin-1")
        headers = IndexedHeaders(scope["headers"])
        given = headers.only(b"x-request-id")
        is_valid = given is not None and _VALID_ID.fullmatch(given)
        request_id = given if given is not None and is_valid else self._new_id()
        cors = self._cors.headers(headers.one(b"origin"))
        outgoing = ResponseSender(scope, send, request_id, cors)
        token = log_fields.set({"request_id": request_id.decode()})
        try:
            if self._tracing.is_on:
                await self._trace(scope, headers, receive, outgoing)
            else:
                await self._handle(scope, headers, receive, outgoing)
        finally:
            log_fields.reset(token)

    async def _trace(
        self, scope: Scope, headers: IndexedHeaders, receive: Receive, outgoing: ResponseSender
    ) -> None:
        span = begin_span(self._tracing, scope, headers)
        if span is None:
            return await self._handle(scope, headers, receive, outgoing)
        try:
            await self._handle(scope, IndexedHeaders(scope["headers"]), receive, outgoing)
        finally:
            end_span(span, scope, outgoing.status)

    async def _handle(
        self, scope: Scope, headers: IndexedHeaders, receive: Receive, outgoing: ResponseSender
    ) -> None:
        try:
            await self._route(scope, headers, receive, outgoing)
        except ClientDisconnect:
            return  # there is no client to answer
        except Exception:
            _log.exception(
                "unhandled exception in a request",
                extra={"method": scope["method"], "path": scope["path"]},
            )
            # A response that has started cannot be replaced. Raise, so that the server cuts it off,
            # and the client can see that it is incomplete.
            if outgoing.status:
                raise
            answer = problem(Request(scope), "internal", "an unexpected error occurred")
            await outgoing.answer(answer)

    def _new_id(self) -> bytes:
        return b"%032x" % self._random.getrandbits(128)

    async def _route(
        self, scope: Scope, headers: IndexedHeaders, receive: Receive, outgoing: ResponseSender
    ) -> None:
        receive = BodyTimeout(receive, self._body_seconds)
        method = scope["method"]
        route = self._direct.get((method, scope["path"]))
        if route is not None:
            scope["route"] = route  # as FastAPI does
            await outgoing.answer(await _answered(route, DirectRequest(scope, receive, headers)))
        elif method == "HEAD":
            # Change a copy, because the server needs the method in its own scope to drop the body.
            await self._api({**scope, "method": "GET"}, receive, outgoing)
        elif method == "OPTIONS" and (preflight := self._cors.preflight(Request(scope, receive))):
            outgoing.leave_cors()
            await outgoing.answer(preflight)
        else:
            await self._api(scope, receive, outgoing)


async def _answered(route: DirectRoute, request: Request) -> Response:
    try:
        return await route.handler(request)
    except Exception as error:
        answer = answer_to(request, error)
        if answer is None:
            raise
        return answer
