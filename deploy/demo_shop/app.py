"""The shop's HTTP API (sign-in and orders), its page, and the files of the built UI."""

from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field
from starlette.middleware.trustedhost import TrustedHostMiddleware

from deploy.demo_shop.client import NotificationClient, NotSentError
from deploy.demo_shop.kinds import NOT_DELIVERED, NOTICES
from deploy.demo_shop.orders import Order, OrderBook
from deploy.demo_shop.settings import ShopSettings
from deploy.demo_shop.shoppers import SHOPPERS, Languages
from deploy.demo_shop.tokens import shopper_token, visitor_token
from deploy.local.paths import UI_BUILD

_SIGNED_IN_SECONDS = 8 * 3600
_PAGE = Path(__file__).parent / "page"


class _Build(StaticFiles):
    """The files of the build, if there is one."""

    async def check_config(self) -> None:
        """Accept a missing build. Otherwise, Starlette would answer each request with an error."""


class Page(BaseModel):
    """What a page sends with a request. Without a language, the shop uses the user's last one."""

    language: Annotated[str, Field(max_length=35)] | None = None


class Shopper(Page):
    """A request about a shopper."""

    user_id: str


class Event(Page):
    """A request for something that happens to an order, such as a delay."""

    event: str


class Notice(Shopper):
    """A request for a notification that concerns no order."""

    notice: str


def create_app(settings: ShopSettings, client: NotificationClient) -> FastAPI:
    """Create a shop with no orders yet, which sends notifications through this client."""
    book, languages = OrderBook(), Languages()
    app = FastAPI(title="Demo shop")
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_allowed_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type"],
    )
    # The shop signs anyone in. Without this check, another site's page could use the shop, by
    # pointing the site's host name at our address (DNS rebinding).
    hosts = ["localhost", "127.0.0.1", settings.demo_shop_host]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app.add_exception_handler(NotSentError, _not_sent)
    app.add_exception_handler(RequestValidationError, _not_valid)
    _add_sign_in(app, languages, settings.secret)
    _add_machine_room(app, settings)
    _add_orders(app, book, languages, client)
    _add_other_kinds(app, book, languages, client)
    app.mount("/page", StaticFiles(directory=_PAGE))
    # HAProxy fetches the built UI from here. Without a build, the shop still serves its own page.
    app.mount("/ui", _Build(directory=UI_BUILD, check_dir=False))
    return app


def _add_sign_in(app: FastAPI, languages: Languages, secret: str) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(_PAGE / "index.html")

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/api/shoppers")
    async def shoppers() -> list[dict[str, str]]:
        return [{"user_id": user_id, "name": name} for user_id, name in SHOPPERS.items()]

    @app.post("/api/sign-in")
    async def sign_in(shopper: Shopper) -> dict[str, str]:
        name = _name(shopper.user_id)
        languages.note(shopper.user_id, shopper.language)
        expires_at = _end_of_sign_in()
        return {
            "token": shopper_token(secret, shopper.user_id, expires_at),
            "user_id": shopper.user_id,
            "name": name,
            "expires_at": _text_of(expires_at),
        }


def _add_machine_room(app: FastAPI, settings: ShopSettings) -> None:
    @app.post("/api/machine-room")
    async def machine_room() -> dict[str, str]:
        expires_at = _end_of_sign_in()
        token = visitor_token(settings.secret, expires_at)
        # Browsers do not send the part after `#`, so the token stays out of logs.
        url = f"http://localhost:{settings.console_port}/#token={token}"
        return {"url": url, "expires_at": _text_of(expires_at)}


def _end_of_sign_in() -> int:
    return int(datetime.now(UTC).timestamp()) + _SIGNED_IN_SECONDS


def _text_of(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:-6] + "Z"


def _add_orders(
    app: FastAPI, book: OrderBook, languages: Languages, client: NotificationClient
) -> None:
    @app.get("/api/orders")
    async def orders(user_id: str) -> list[dict[str, Any]]:
        language = languages.of(user_id)
        return [order.public(language) for order in book.of(user_id)]

    @app.post("/api/orders", status_code=HTTPStatus.CREATED)
    async def place(shopper: Shopper) -> dict[str, Any]:
        _name(shopper.user_id)
        language = languages.note(shopper.user_id, shopper.language)
        order = Order(shopper.user_id)
        await client.advance(order, language)
        book.add(order)
        return order.public(language)

    @app.post("/api/orders/{order_id}/advance")
    async def advance(order_id: str, page: Page | None = None) -> dict[str, Any]:
        order = _order(book, order_id)
        language = languages.note(order.user_id, page.language if page else None)
        if order.next_state is None:
            raise HTTPException(HTTPStatus.CONFLICT, f"order {order_id} is already delivered")
        await client.advance(order, language)
        return order.public(language)

    @app.post("/api/orders/{order_id}/open")
    async def open_order(order_id: str) -> dict[str, Any]:
        order = _order(book, order_id)
        await client.read(order)
        return order.public(languages.of(order.user_id))


def _add_other_kinds(
    app: FastAPI, book: OrderBook, languages: Languages, client: NotificationClient
) -> None:
    @app.post("/api/orders/{order_id}/events")
    async def happen(order_id: str, event: Event) -> dict[str, Any]:
        order = _order(book, order_id)
        language = languages.note(order.user_id, event.language)
        if event.event not in order.event_ids:
            expected = _one_of(order.event_ids)
            detail = f"{event.event!r} cannot happen to order {order_id} now; {expected}"
            raise HTTPException(HTTPStatus.CONFLICT, detail)
        if event.event == NOT_DELIVERED:
            await client.take_back_delivery(order)
        else:
            kinds = {kind.id: kind for kind in order.events}
            await client.send(order, kinds[event.event], language)
        return order.public(language)

    @app.post("/api/notices", status_code=HTTPStatus.CREATED)
    async def notice(notice: Notice) -> dict[str, str]:
        _name(notice.user_id)
        language = languages.note(notice.user_id, notice.language)
        if notice.notice not in NOTICES:
            detail = f"notice {notice.notice!r} does not exist; {_one_of(NOTICES)}"
            raise HTTPException(HTTPStatus.NOT_FOUND, detail)
        await client.send(Order(notice.user_id), NOTICES[notice.notice], language)
        return {"notice": notice.notice}


def _order(book: OrderBook, order_id: str) -> Order:
    order = book.find(order_id)
    if order is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"order {order_id} does not exist")
    return order


def _one_of(ids: Iterable[str]) -> str:
    return f"expected one of {', '.join(ids)}"


def _name(user_id: str) -> str:
    if user_id not in SHOPPERS:
        shoppers = ", ".join(SHOPPERS)
        raise HTTPException(
            HTTPStatus.NOT_FOUND, f"shopper {user_id!r} does not exist; the shoppers are {shoppers}"
        )
    return SHOPPERS[user_id]


async def _not_valid(_: Request, error: Exception) -> JSONResponse:
    # Do not use FastAPI's own answer: it contains the input, which JSON may be unable to express.
    (kind, *path), words = _first_finding(error)
    if kind == "body" and not any(isinstance(part, str) for part in path):
        detail = f"the body must be a JSON object, sent as application/json: {words}"
        return JSONResponse({"detail": detail}, HTTPStatus.BAD_REQUEST)
    field = ".".join(map(str, path))
    return JSONResponse({"detail": f"{field}: {words}"}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _first_finding(error: Exception) -> tuple[tuple[str | int, ...], str]:
    if not isinstance(error, RequestValidationError):
        raise error
    finding = error.errors()[0]
    return finding["loc"], finding["msg"]


async def _not_sent(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, HTTPStatus.BAD_GATEWAY)
