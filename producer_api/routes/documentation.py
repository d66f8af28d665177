"""The pages /docs (Swagger UI) and /redoc, and their files. They need no other server."""

import asyncio
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, Response

#: Of the package `fastapi_offline`, only the static files are used. The package follows the
#: releases of Swagger UI and Redoc.
_FILES = files("fastapi_offline") / "static"
_NAMES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")
#: Redoc would load this logo from its maker's server. The icon of `fastapi_offline` replaces it.
_ITS_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"

# All addresses are relative, so that the pages also work behind a proxy that adds a prefix.
_PAGE = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Notification producer API</title>
    <link rel="icon" href="docs/favicon.png">
    {head}
  </head>
  <body>
    {body}
  </body>
</html>
"""
_SWAGGER = _PAGE.format(
    head='<link rel="stylesheet" href="docs/swagger-ui.css">',
    body="""<div id="swagger-ui"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>""",
)
_START = """\
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  showCommonExtensions: true,
  validatorUrl: null,
});
"""
_REDOC = _PAGE.format(
    head="",
    body="""<redoc spec-url="openapi.json"></redoc>
    <script src="docs/redoc.standalone.js"></script>""",
)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: Redoc writes its styles into the page, and searches in a worker.
_REDOC_POLICY = _POLICY.replace("style-src 'self'", "style-src 'unsafe-inline'; worker-src blob:")


def documentation_router() -> APIRouter:
    """Create the routes. The document itself is /openapi.json, which FastAPI serves."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(_SWAGGER, headers=_headers(_POLICY))

    @router.get("/redoc")
    async def redoc() -> HTMLResponse:
        return HTMLResponse(_REDOC, headers=_headers(_REDOC_POLICY))

    @router.get("/docs/start.js")
    async def start() -> Response:
        return Response(_START, media_type="text/javascript")

    @router.get("/docs/redoc.standalone.js")
    async def redoc_script() -> Response:
        return Response(
            await asyncio.to_thread(_redoc_script),
            media_type="text/javascript",
        )

    @router.get("/docs/{name}")
    async def file(name: str) -> FileResponse:
        if name not in _NAMES:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return FileResponse(str(_FILES / name))

    return router


@cache
def _redoc_script() -> str:
    script = (_FILES / "redoc.standalone.js").read_text()
    return script.replace(_ITS_LOGO, "docs/favicon.png")


def _headers(policy: str) -> Mapping[str, str]:
    # The server adds Cache-Control and X-Content-Type-Options to all answers. If they were set here
    # too, each would be sent twice.
    return {"Content-Security-Policy": policy}
