"""Reads JSON bodies: strictly, up to a size limit, and checked against a model."""

from typing import TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError

from producer_api.problems.body_errors import BodyRefusedError
from producer_api.problems.fields import FieldError, field_errors
from producer_api.requests import exact_json
from producer_api.requests.exact_json import InexactError

ModelT = TypeVar("ModelT", bound=BaseModel)


async def read_json(request: Request, model: type[ModelT], limit: int) -> ModelT:
    """Return the body as this model. Holds at most `limit` bytes and one chunk in memory.

    Raises `BodyRefusedError`, or `BodyTooSlowError` if the body does not arrive in time.
    """
    return parse_json(await read_bytes(request, limit), model)


async def read_optional_json(request: Request, model: type[ModelT], limit: int) -> ModelT:
    """Return the body as this model, or a default model if there is no body.

    Raises the same errors as `read_json`.
    """
    body = await _read_bounded(request, limit)
    if not body:
        return model()
    _check_media_type(request)
    return parse_json(body, model)


async def read_bytes(request: Request, limit: int) -> bytes:
    """Return the unparsed body of a request whose Content-Type is JSON.

    Raises the same errors as `read_json`.
    """
    _check_media_type(request)
    return await _read_bounded(request, limit)


def parse_json(body: bytes, model: type[ModelT]) -> ModelT:
    """Return the body as this model. Raises `BodyRefusedError`."""
    try:
        return model.model_validate(exact_json.loads(body))
    except orjson.JSONDecodeError as error:
        raise _invalid([FieldError(field="", message=f"not valid JSON: {error}")]) from error
    except InexactError as error:
        raise _invalid([FieldError(field="", message=str(error))]) from error
    except ValidationError as error:
        findings = error.errors(include_url=False, include_context=False, include_input=False)
        raise _invalid(field_errors(findings)) from error


def _check_media_type(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        detail = f"the Content-Type must be application/json; it is {media_type or 'absent'}"
        raise BodyRefusedError("unsupported-media-type", detail)


async def _read_bounded(request: Request, limit: int) -> bytes:
    too_large = BodyRefusedError("too-large", f"the body must have at most {limit} bytes")
    content_length = request.headers.get("content-length", "")
    if content_length.isdecimal() and int(content_length) > limit:
        raise too_large
    # A chunked body declares no length, so also count the bytes that arrive.
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)


def _invalid(errors: list[FieldError]) -> BodyRefusedError:
    return BodyRefusedError("invalid", "the body is not valid", errors)
