"""What stands around the routes."""

from fastapi import FastAPI

from producer_api.middleware.answer_fields import AnswerFields
from producer_api.middleware.arrival import Arrival
from producer_api.middleware.cors import Cors
from producer_api.middleware.head import HeadAsGet
from producer_api.middleware.last_resort import LastResort
from producer_api.middleware.raw_path import RawPath
from producer_api.middleware.request_spans import Traced
from runtime.tracing import OFF, Tracing


def add_middleware(
    api: FastAPI, origins: list[str], body_seconds: float, tracing: Tracing = OFF
) -> None:
    """Outermost last: every answer gets its header fields, those of the last resort too."""
    api.add_middleware(Arrival, seconds=body_seconds)
    if tracing.is_on:
        api.add_middleware(Traced, tracing=tracing)
    api.add_middleware(HeadAsGet)
    api.add_middleware(LastResort)
    api.add_middleware(RawPath)
    api.add_middleware(Cors, origins=origins)
    api.add_middleware(AnswerFields)
