"""`python -m deploy.local.ui`: serves the built front end, and tells it where the programs are."""

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
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from deploy.local.paths import UI_BUILD
from deploy.local.ports import HOST
from deploy.local.security_headers import SecurityHeaders
from deploy.local.settings import LocalSettings, load_local
from producer_api.contract.logs import set_up_logs
from producer_api.contract.settings import EXIT_BAD_SETTINGS

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
    """The UI server over this build."""
    config = _config(settings)

    async def show_config(_: Request) -> Response:
        return JSONResponse(config, headers={"Cache-Control": "no-store"})

    async def readyz(_: Request) -> Response:
        return JSONResponse({"status": "ready"})

    routes = [
        Route("/config.json", show_config),
        Route("/readyz", readyz),
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
        "socketUrls": [f"http://localhost:{port}" for port in settings.delivery_ports],
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


def main() -> int:
    """Serve until stopped."""
    settings = load_local()
    if not (UI_BUILD / "index.html").exists():
        sys.stderr.write(f"cannot start:\n  no UI in {UI_BUILD}; `make setup` builds it\n")
        return EXIT_BAD_SETTINGS
    set_up_logs("INFO")
    app = create_app(settings, UI_BUILD)
    uvicorn.run(
        app,
        host=HOST,
        port=settings.ui_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
