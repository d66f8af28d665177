"""The HTTP routes of the console. All under `/api` need a token."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from deploy.console.access import Access, Visitor
from deploy.console.core.moments import text_of
from deploy.console.listening.event_stream import EventStream
from deploy.console.listening.hub import Hub, TooManyListenersError
from deploy.console.listening.publisher import Publisher
from deploy.console.lives.life import LifeReader
from deploy.console.lives.search import By, Search
from deploy.console.problems import ProblemError
from deploy.console.repeat import Repeat, RepeatLetter, Repeats
from producer_api.contract.ids import is_id

_LONGEST_QUERY = 200


def session_router(access: Access) -> APIRouter:
    """Return the route that says what the page's session may do, and until when."""
    router = APIRouter(prefix="/api")

    @router.get("/session")
    async def session(visitor: Annotated[Visitor, Depends(access)]) -> dict[str, Any]:
        return {
            "demo": visitor.is_demo,
            "may_repeat": visitor.may_repeat,
            "expires_at": text_of(int(visitor.identity.accepted_until * 1000)),
        }

    return router


def river_router(access: Access, hub: Hub, publisher: Publisher) -> APIRouter:
    """Return the route that streams the river."""
    router = APIRouter(prefix="/api")

    @router.get("/river")
    async def river(visitor: Annotated[Visitor, Depends(access)]) -> Response:
        try:
            listener = publisher.join(visitor.identity)
        except TooManyListenersError:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "as many pages are open as CONSOLE_LISTENERS allows; close one, and try again",
                {"Retry-After": "5"},
            ) from None
        until = visitor.identity.accepted_until
        return EventStream(listener, lambda: hub.leave(listener), until)

    return router


def lives_router(access: Access, search: Search, lives: LifeReader) -> APIRouter:
    """Return the routes that search for notifications, and that return the history of one."""
    router = APIRouter(prefix="/api/notifications", dependencies=[Depends(access)])

    @router.get("")
    async def find(
        by: By, q: Annotated[str, Query(min_length=1, max_length=_LONGEST_QUERY)]
    ) -> dict[str, Any]:
        return await search.find(by, q)

    @router.get("/{notification_id}")
    async def life(notification_id: str) -> dict[str, Any]:
        found = await lives.of(notification_id) if is_id(notification_id) else None
        if found is None:
            raise ProblemError(
                HTTPStatus.NOT_FOUND,
                "no such notification is known: the producer API does not have it, nor do the "
                "records that the console has read",
            )
        return {**found, "known_since": search.known_since()}

    return router


def repeat_router(access: Access, repeats: Repeats) -> APIRouter:
    """Return the routes that push notifications again and replay dead letters.

    Without `apply`, they only report what would be repeated.
    """
    router = APIRouter(prefix="/api")

    @router.post("/repeat")
    async def repeat(what: Repeat, visitor: Annotated[Visitor, Depends(access)]) -> dict[str, Any]:
        return await repeats.push_again(what, visitor)

    @router.post("/dead-letters/repeat")
    async def repeat_letter(
        what: RepeatLetter, visitor: Annotated[Visitor, Depends(access)]
    ) -> dict[str, Any]:
        return await repeats.replay_letter(what, visitor)

    return router
