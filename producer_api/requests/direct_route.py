"""Routes that FastAPI documents, but whose handlers are called without FastAPI.

To find and to call such a handler, FastAPI takes longer than the handler itself.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope

from producer_api.requests.indexed_headers import IndexedHeaders

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class DirectRoute(APIRoute):
    """The route of a handler that needs only the request, and returns a whole response.

    Its path has no parameters. FastAPI could call the handler as well, with the same result.
    """

    @property
    def handler(self) -> Handler:
        """The handler, as it was declared."""
        handler: Handler = self.endpoint
        return handler


class DirectRequest(Request):
    """The request of a direct route. Its headers already have an index."""

    def __init__(self, scope: Scope, receive: Receive, headers: IndexedHeaders) -> None:
        super().__init__(scope, receive)
        self._indexed = headers

    @property
    def headers(self) -> IndexedHeaders:
        """The header fields."""
        return self._indexed


def direct_routes(routers: Iterable[APIRouter]) -> Mapping[tuple[str, str], DirectRoute]:
    """Return the direct routes of these routers, by method and path."""
    return {
        (method, route.path): route
        for router in routers
        for route in router.routes
        if isinstance(route, DirectRoute)
        for method in route.methods or ()
    }
