"""Serves the built page, with headers that let it load from and call only this server."""

from collections.abc import Mapping
from pathlib import Path

from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_INDEX = "console.html"
_NOT_BUILT = "The page is not built: run `make run`, or `npm run build` in frontend/.\n"


class Page(StaticFiles):
    """The files of the build. `/` is the page itself."""

    def __init__(self, build: Path) -> None:
        super().__init__(directory=build, check_dir=False)
        self._build = build

    async def check_config(self) -> None:
        """Accept a missing build. Otherwise, Starlette would answer each request with an error."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, or say that there is no build."""
        if path == ".":
            path = _INDEX
            if not (self._build / _INDEX).exists():
                return PlainTextResponse(_NOT_BUILT, status_code=503, headers=_HEADERS)
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response
