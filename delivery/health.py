"""The HTTP routes for liveness, readiness (with the reasons if not ready), and metrics."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pymongo.errors import PyMongoError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from producer_api.contract.mongo_problem import mongo_problem

_CHECK_SECONDS = 3.0

Check = Callable[[], Awaitable[None]]


def health_app(checks: Mapping[str, Check], *more_routes: BaseRoute) -> Starlette:
    """Return the HTTP app of the service. A check raises an exception if its part is not ready."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        reasons = await asyncio.gather(*(_reason(check) for check in checks.values()))
        failures = {
            name: reason for name, reason in zip(checks, reasons, strict=True) if reason is not None
        }
        if failures:
            return JSONResponse({"status": "not ready", "reasons": failures}, status_code=503)
        return JSONResponse({"status": "ready"})

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            *more_routes,
        ]
    )


async def _reason(check: Check) -> str | None:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            await check()
    except PyMongoError as error:
        return mongo_problem(error)
    except Exception as error:  # noqa: BLE001 - the response reports any error
        return str(error) or type(error).__name__
    return None
