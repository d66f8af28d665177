"""The order of the middleware around the routes."""

from fastapi import FastAPI

from producer_api.middleware.body_timeout import BodyTimeout
from producer_api.middleware.cors import Cors
from producer_api.middleware.head_as_get import HeadAsGet
from producer_api.middleware.internal_errors import InternalErrors
from producer_api.middleware.raw_path import RawPath
from producer_api.middleware.request_spans import RequestSpans
from producer_api.middleware.response_headers import ResponseHeaders
from runtime.tracing import OFF, Tracing


def add_middleware(
    api: FastAPI, origins: list[str], body_seconds: float, tracing: Tracing = OFF
) -> None:
    """Add the middleware to the API. The first added is the innermost, the last the outermost."""
    api.add_middleware(BodyTimeout, seconds=body_seconds)
    if tracing.is_on:
        api.add_middleware(RequestSpans, tracing=tracing)
    api.add_middleware(HeadAsGet)
    # Outside all code that may raise, but inside CORS, so that a browser can read the 500.
    api.add_middleware(InternalErrors)
    # Outside InternalErrors, because a problem's `instance` is the raw path.
    api.add_middleware(RawPath)
    api.add_middleware(Cors, origins=origins)
    # Outermost, because CORS responses also need the request's id.
    api.add_middleware(ResponseHeaders)
