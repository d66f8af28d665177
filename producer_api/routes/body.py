"""Reading a JSON body: bounded while it streams, strict, and checked against a model."""

from http import HTTPStatus
from typing import TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError

from producer_api.problems.documents import FieldError
from producer_api.problems.fields import field_errors
from producer_api.routes import exact
from producer_api.routes.exact import InexactError

ModelT = TypeVar("ModelT", bound=BaseModel)


class BodyRefusedError(Exception):
    """The body is too large, of another type, or not what is expected here."""

    def __init__(
        self, status: HTTPStatus, detail: str, errors: list[FieldError] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.errors = errors


async def read_json(request: Request, model: type[ModelT], limit: int) -> ModelT:
    """The body as this model. Never holds more than `limit` bytes and a chunk.

    Raises `BodyRefusedError`; `TooSlowError` where it does not arrive in time.
    """
    return parsed(await read_bytes(request, limit), model)


async def read_optional_json(request: Request, model: type[ModelT], limit: int) -> ModelT:
    """The same where there may be no body: it is the model of `{}` then. Raises as `read_json`."""
    body = await _bounded(request, limit)
    if not body:
        return model()
    _check_type(request)
    return parsed(body, model)


async def read_bytes(request: Request, limit: int) -> bytes:
    """The body, which is said to be JSON. Never holds more than `limit` bytes and a chunk.

    Raises `BodyRefusedError`.
    """
    _check_type(request)
    return await _bounded(request, limit)


def _check_type(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        detail = "the body must be sent as application/json"
        raise BodyRefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)


def parsed(body: bytes, model: type[ModelT]) -> ModelT:
    """The body as this model. Raises `BodyRefusedError`."""
    try:
        return model.model_validate(exact.loads(body))
    except orjson.JSONDecodeError as error:
        raise _invalid([FieldError(field="", message=f"not valid JSON: {error}")]) from error
    except InexactError as error:
        raise _invalid([FieldError(field="", message=str(error))]) from error
    except ValidationError as error:
        findings = error.errors(include_url=False, include_context=False, include_input=False)
        raise _invalid(field_errors(findings)) from error


async def _bounded(request: Request, limit: int) -> bytes:
    too_large = BodyRefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body must be at most {limit} bytes"
    )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)


def _invalid(errors: list[FieldError]) -> BodyRefusedError:
    return BodyRefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "the body is not valid", errors)
