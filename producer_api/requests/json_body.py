"""Reads JSON bodies: strictly, up to a size limit, and checked against a model."""

import re

import orjson
from fastapi import Request
from starlette.requests import ClientDisconnect

from producer_api.problems.body_errors import BodyRefusedError
from producer_api.problems.fields import FieldError, bounded, shortened
from producer_api.requests import exact_json
from producer_api.requests.exact_json import InexactError
from producer_api.requests.validation import InvalidFieldsError, ModelT, validated

_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";\s]*)', re.IGNORECASE)
#: JSON is always UTF-8 (RFC 8259), which includes ASCII.
_UTF8 = {"", "utf-8", "utf8", "us-ascii"}
_SHOWN = 100


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
    """Return the unparsed body of a request that declares plain JSON.

    Raises the same errors as `read_json`.
    """
    _check_media_type(request)
    return await _read_bounded(request, limit)


def parse_json(body: bytes, model: type[ModelT]) -> ModelT:
    """Return the body as this model. Raises `BodyRefusedError`."""
    try:
        value = orjson.loads(body)
        checked = validated(model, value)
        # Compare only after the validation, because the model limits the size of the values.
        exact_json.check(body, value)
    except orjson.JSONDecodeError as error:
        raise _invalid([FieldError(field="", message=f"not valid JSON: {error}")]) from error
    except InexactError as error:
        raise _invalid([FieldError(field=error.field, message=str(error))]) from error
    except InvalidFieldsError as error:
        raise _invalid(error.errors) from error
    return checked


def _check_media_type(request: Request) -> None:
    headers = request.headers
    # Most requests have exactly this content type.
    if headers.get("content-type") == "application/json" and "content-encoding" not in headers:
        return
    encoding = ",".join(request.headers.getlist("content-encoding")).strip().lower()
    if encoding not in {"", "identity"}:
        shown = shortened(encoding, _SHOWN)
        detail = f"the body must not be compressed; its Content-Encoding is {shown}"
        raise BodyRefusedError("unsupported-media-type", detail, accept_encoding="identity")
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json":
        shown = shortened(media_type, _SHOWN) or "absent"
        detail = f"the Content-Type must be application/json; it is {shown}"
        raise BodyRefusedError("unsupported-media-type", detail)
    for charset in _CHARSET.findall(content_type):
        if charset.lower() not in _UTF8:
            detail = f"the charset must be utf-8; it is {shortened(charset, _SHOWN)}"
            raise BodyRefusedError("unsupported-media-type", detail)


async def _read_bounded(request: Request, limit: int) -> bytes:
    content_length = request.headers.get("content-length", "")
    if content_length.isdecimal() and int(content_length) > limit:
        raise _too_large(limit)
    first, is_last = await _next_piece(request)
    # A chunked body declares no length, so also count the bytes that arrive.
    if len(first) > limit:
        raise _too_large(limit)
    if is_last:
        return first
    body = bytearray(first)
    while not is_last:
        piece, is_last = await _next_piece(request)
        body += piece
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


async def _next_piece(request: Request) -> tuple[bytes, bool]:
    """Wait for the next piece of the body. Return it, and whether it is the last one.

    Starlette's `stream` does the same, but takes longer to set up than a small body takes to
    arrive.
    """
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), not message.get("more_body", False)


def _too_large(limit: int) -> BodyRefusedError:
    return BodyRefusedError("too-large", f"the body must have at most {limit} bytes")


def _invalid(errors: list[FieldError]) -> BodyRefusedError:
    return BodyRefusedError("invalid", "the body is not valid", bounded(errors, len(errors)))
