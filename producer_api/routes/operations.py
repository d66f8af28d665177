"""Routes for operators: liveness, readiness and metrics."""

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from producer_api.problems.documents import documented, problem
from producer_api.routes.readiness import Readiness
from runtime.workers.siblings import NoSiblings, Siblings, SiblingsUnknownError


def operations_router(readiness: Readiness, siblings: Siblings | NoSiblings) -> APIRouter:
    """Return the routes /healthz, /readyz and /metrics. They need no token.

    The first reports on this process, and the others on all workers.
    """
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Liveness: returns 200 while the process serves requests")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get(
        "/readyz",
        summary="Readiness: returns 200 if MongoDB and Kafka can be used",
        response_model=dict[str, str],
        responses=documented("not-ready"),
    )
    async def readyz(request: Request) -> Response:
        """The `detail` of a 503 names what is missing."""
        problems = await siblings.problems(await readiness.problems())
        if problems:
            detail = "; ".join(f"{part}: {reason}" for part, reason in problems.items())
            return problem(request, "not-ready", detail)
        return Response(orjson.dumps({"status": "ready"}), media_type="application/json")

    @router.get(
        "/metrics",
        summary="Prometheus metrics",
        response_class=PlainTextResponse,
        responses=documented("not-ready"),
    )
    async def metrics(request: Request) -> Response:
        try:
            text = await siblings.metrics()
        except SiblingsUnknownError as error:
            # Do not return the metrics of this worker alone: the counters would seem to have gone
            # back.
            return problem(request, "not-ready", str(error))
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router
