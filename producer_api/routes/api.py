"""The FastAPI application: what stands around the routes."""

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema
from starlette.middleware.cors import CORSMiddleware

from producer_api.contract.notification import NewNotification
from producer_api.routes.last_resort import LastResort
from producer_api.routes.problems import Problem
from producer_api.routes.raw_path import RawPath
from producer_api.routes.shapes import WantedBatch, WantedMarks


class DocumentedAPI(FastAPI):
    """FastAPI whose document also holds the schemas of what we read and answer by hand."""

    def __init__(self) -> None:
        super().__init__(
            title="Notification producer API",
            version="1",
            description="Creates notifications, and serves the inbox. Times are RFC 3339 in UTC.",
            redirect_slashes=False,
        )

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            _, added = models_json_schema(
                [
                    (NewNotification, "validation"),
                    (WantedBatch, "validation"),
                    (WantedMarks, "validation"),
                    (Problem, "validation"),
                ],
                ref_template="#/components/schemas/{model}",
            )
            document["components"]["schemas"] |= added["$defs"]
            self.openapi_schema = document
        return self.openapi_schema


def add_middleware(api: FastAPI, origins: list[str]) -> None:
    """Outermost last: CORS sees every answer, those of the last resort too."""
    api.add_middleware(LastResort)
    api.add_middleware(RawPath)
    api.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
        expose_headers=["Idempotency-Replayed", "Location", "Retry-After"],
        max_age=600,
    )
