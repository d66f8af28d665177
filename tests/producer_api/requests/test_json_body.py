"""JSON bodies are parsed strictly, with a size limit, and validated by a model."""

from collections.abc import AsyncIterator

import orjson
import pytest
from fastapi import Request
from pydantic import BaseModel
from starlette.types import Message

from producer_api.contract.notification import NewNotification
from producer_api.problems.body_errors import BodyRefusedError
from producer_api.requests.json_body import parse_json, read_json
from producer_api.routes.shapes import WantedBatch, WantedMarks, WantedSweep

_VALID = b'{"user_id":"ana","type":"t","title":"x"}'
_JSON = "application/json; charset=utf-8"
_LIMIT = 1000


class _Stream:
    """A body that arrives in chunks. `received` counts the bytes that were read."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = self._messages(chunks)
        self.received = 0

    async def _messages(self, chunks: tuple[bytes, ...]) -> AsyncIterator[Message]:
        for number, chunk in enumerate(chunks, 1):
            self.received += len(chunk)
            yield {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}

    def request(self, **headers: str) -> Request:
        raw = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/", "headers": raw}
        return Request(scope, self._chunks.__anext__)


async def _refusal(stream: _Stream, **headers: str) -> BodyRefusedError:
    with pytest.raises(BodyRefusedError) as refusal:
        await read_json(stream.request(**headers), NewNotification, _LIMIT)
    return refusal.value


async def test_body_in_chunks_is_parsed_into_the_model() -> None:
    stream = _Stream(_VALID[:7], _VALID[7:])
    notification = await read_json(stream.request(content_type=_JSON), NewNotification, _LIMIT)
    assert notification.user_id == "ana"


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/jsonp", "multipart/form-data"]
)
async def test_other_media_type_is_refused(media_type: str) -> None:
    refusal = await _refusal(_Stream(_VALID), content_type=media_type)
    assert refusal.slug == "unsupported-media-type"


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "identity, gzip", "x" * 9_000, "utf-8"])
async def test_a_compressed_body_is_refused_unread(encoding: str) -> None:
    stream = _Stream(b"\x1f\x8b" + bytes(500))
    refusal = await _refusal(stream, content_type=_JSON, content_encoding=encoding)
    assert (refusal.slug, refusal.accept_encoding) == ("unsupported-media-type", "identity")
    assert "must not be compressed" in str(refusal)
    assert len(str(refusal)) < 200
    assert stream.received == 0


@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
async def test_a_body_that_is_not_compressed_may_say_so(encoding: str) -> None:
    request = _Stream(_VALID).request(content_type=_JSON, content_encoding=encoding)
    assert (await read_json(request, NewNotification, _LIMIT)).title == "x"


@pytest.mark.parametrize("charset", ["iso-8859-1", '"utf-16"', "x" * 9_000])
async def test_another_charset_is_refused(charset: str) -> None:
    refusal = await _refusal(_Stream(_VALID), content_type=f"application/json; Charset={charset}")
    assert refusal.slug == "unsupported-media-type"
    assert "charset" in str(refusal)
    assert len(str(refusal)) < 200


@pytest.mark.parametrize("charset", ["UTF-8", '"utf-8"', "utf8", "us-ascii", ""])
async def test_utf8_is_accepted(charset: str) -> None:
    request = _Stream(_VALID).request(content_type=f"application/json;v=1; charset={charset}")
    assert (await read_json(request, NewNotification, _LIMIT)).title == "x"


@pytest.mark.parametrize("model", [NewNotification, WantedBatch, WantedMarks, WantedSweep])
def test_thousands_of_unknown_fields_are_answered_briefly(model: type[BaseModel]) -> None:
    body = orjson.dumps({f"{number}-{'x' * 300}": 1 for number in range(5_000)})
    with pytest.raises(BodyRefusedError) as refusal:
        parse_json(body, model)
    errors = refusal.value.errors
    assert errors is not None
    assert len(errors) == 20
    assert errors[0].field.startswith("0-xxx")
    assert max(len(error.field) for error in errors) <= 201
    assert errors[-1].message == "and 4981 more errors"


@pytest.mark.parametrize(
    "body",
    [
        b'{"%s":1,"%s":2}' % (b"x" * 5_000, b"x" * 5_000),
        b'{"user_id":"a","%s":1}' % (b"x" * 5_000),
        b'{"user_id":"a","type":"%s","title":"x"}' % (b"X" * 5_000),
    ],
)
def test_long_names_and_values_are_cut_in_messages(body: bytes) -> None:
    with pytest.raises(BodyRefusedError) as refusal:
        parse_json(body, NewNotification)
    assert len(orjson.dumps([error.model_dump() for error in refusal.value.errors or []])) < 1_000


async def test_body_whose_declared_length_exceeds_the_limit_is_not_read() -> None:
    stream = _Stream(b" " * 600, b" " * 600)
    refusal = await _refusal(stream, content_type=_JSON, content_length="1200")
    assert refusal.slug == "too-large"
    assert stream.received == 0


async def test_stream_is_not_read_beyond_the_chunk_that_exceeds_the_limit() -> None:
    stream = _Stream(*[b" " * 600] * 50)
    refusal = await _refusal(stream, content_type=_JSON)
    assert refusal.slug == "too-large"
    assert stream.received == 1200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"[" * 900,
        b'{"user_id":"\xff","type":"t","title":"x"}',
        b'{"user_id":"\\ud800","type":"t","title":"x"}',
        b'{"user_id":"ana","type":"t","title":"x","data":{"a":NaN}}',
    ],
)
async def test_body_that_is_not_json_is_refused(body: bytes) -> None:
    refusal = await _refusal(_Stream(body), content_type=_JSON)
    assert refusal.slug == "invalid"
    assert refusal.errors is not None
    assert refusal.errors[0].message.startswith("not valid JSON")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"7"])
async def test_json_that_is_not_an_object_is_refused_as_a_whole(body: bytes) -> None:
    refusal = await _refusal(_Stream(body), content_type=_JSON)
    assert refusal.errors is not None
    assert refusal.errors[0].field == ""


async def test_every_invalid_field_is_listed() -> None:
    refusal = await _refusal(_Stream(b'{"user_id":"","type":"T","more":1}'), content_type=_JSON)
    assert refusal.errors is not None
    assert {error.field for error in refusal.errors} == {"user_id", "type", "title", "more"}
