"""What operators call: is it alive, is it ready, what does it measure."""

from http import HTTPStatus

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from producer_api.problems.documents import documented, problem
from producer_api.routes.readiness import Readiness


def operations_router(readiness: Readiness, registry: CollectorRegistry) -> APIRouter:
    """The routes /healthz, /readyz and /metrics; they need no token."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="The process answers")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get(
        "/readyz",
        summary="MongoDB and Kafka can be used",
        response_model=dict[str, str],
        responses=documented("not-ready"),
    )
    async def readyz(request: Request) -> Response:
        """503 names what is missing."""
        troubles = await readiness.troubles()
        if troubles:
            detail = "; ".join(f"{part}: {why}" for part, why in troubles.items())
            return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, detail, slug="not-ready")
        return Response(orjson.dumps({"status": "ready"}), media_type="application/json")

    @router.get("/metrics", summary="Prometheus metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router
