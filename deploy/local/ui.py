"""`python -m deploy.local.ui`: serves the built front end, and is its one way to delivery."""

import sys
from collections.abc import Mapping
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from deploy.local.addresses import read_addresses
from deploy.local.paths import UI_BUILD
from deploy.local.ports import HOST
from deploy.local.proxy import MAX_MESSAGE_BYTES, Proxy
from deploy.local.security_headers import SecurityHeaders
from deploy.local.settings import LocalSettings, load_local
from runtime.logs import set_up_logs
from runtime.settings import EXIT_BAD_SETTINGS

_A_YEAR = "public, max-age=31536000, immutable"
_NOT_FOUND = 404


class _Build(StaticFiles):
    """The build's files. Those with a hash in their name never change; all others may any time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            # A page of the app itself (/orders/1234), unless it looks like a file.
            if error.status_code != _NOT_FOUND or Path(path).suffix:
                raise
            response = await super().get_response("index.html", scope)
        hashed = path.startswith("assets/")
        response.headers["Cache-Control"] = _A_YEAR if hashed else "no-cache"
        return response


def create_app(settings: LocalSettings, build: Path) -> Starlette:
    """The UI server over this build, with the delivery instances behind `/socket.io/`."""
    config = _config(settings)
    proxy = Proxy(lambda: read_addresses(settings.local_data))

    async def show_config(_: Request) -> Response:
        return JSONResponse(config, headers={"Cache-Control": "no-store"})

    async def readyz(_: Request) -> Response:
        return JSONResponse({"status": "ready"})

    routes = [
        Route("/config.json", show_config),
        Route("/readyz", readyz),
        WebSocketRoute("/socket.io/", proxy.serve),
        Mount("/", _Build(directory=build, html=True)),
    ]
    middleware = [
        Middleware(SecurityHeaders, connect_to=_origins(config)),
        Middleware(GZipMiddleware, minimum_size=1024),
    ]
    return Starlette(routes=routes, middleware=middleware)


def _config(settings: LocalSettings) -> dict[str, str | list[str]]:
    return {
        "apiUrl": f"http://localhost:{settings.producer_api_port}",
        "socketUrls": [f"http://localhost:{settings.ui_port}"],
        "shopUrl": f"http://localhost:{settings.demo_shop_port}",
    }


def _origins(config: Mapping[str, str | list[str]]) -> list[str]:
    """All that the page may connect to; of a Socket.IO server both its http and its ws side."""
    sockets = config["socketUrls"]
    return [
        str(config["apiUrl"]),
        str(config["shopUrl"]),
        *sockets,
        *(url.replace("http", "ws", 1) for url in sockets),
    ]


def make_server(settings: LocalSettings, build: Path) -> uvicorn.Server:
    """The server that `main` runs."""
    config = uvicorn.Config(
        create_app(settings, build),
        host=HOST,
        port=settings.ui_port,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_ping_interval=None,  # Socket.IO has heartbeats of its own
        proxy_headers=False,  # what a client claims of earlier hops is handed on, not believed
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def main() -> int:
    """Serve until stopped."""
    settings = load_local()
    if not (UI_BUILD / "index.html").exists():
        sys.stderr.write(f"cannot start:\n  no UI in {UI_BUILD}; `make setup` builds it\n")
        return EXIT_BAD_SETTINGS
    set_up_logs("INFO")
    make_server(settings, UI_BUILD).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
