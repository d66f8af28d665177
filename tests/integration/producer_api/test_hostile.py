"""Hostile request heads and bodies, sent to the real process."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.producer_api.api import JSON, Api
from tests.services.env import program_env
from tests.services.pairs import Pairs
from tests.services.program import ForkedProgram, Program, running
from tests.services.tokens import service_token
from tests.services.waiting import PATIENCE_SECONDS

_PATH = "/v1/notifications"
_SECONDS = 1.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def program(pairs: Pairs, ports: Iterator[int]) -> AsyncIterator[Program]:
    """A program with an arrival time-out of one second. It must not log a traceback."""
    env = program_env(await pairs.lasting(), ports)
    env["PRODUCER_API_ARRIVAL_TIMEOUT_SECONDS"] = str(_SECONDS)
    started = ForkedProgram("producer_api", f"http://127.0.0.1:{env['PRODUCER_API_PORT']}", env)
    async with running(started):
        yield started
    assert not [line for line in started.lines if "Traceback" in line]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def api(program: Program) -> AsyncIterator[Api]:
    """A client of the program with the short time-out."""
    async with Api(program.url) as opened:
        yield opened


class _Wire:
    """A TCP connection on which a test can send any bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def drip(self, piece: bytes, pause: float = 0.1) -> None:
        """Send the piece repeatedly until the other side closes."""
        try:
            while not self._reader.at_eof():
                self.writer.write(piece)
                await self.writer.drain()
                await asyncio.sleep(pause)
        except ConnectionError:
            return

    async def rest(self) -> bytes:
        """Return everything that arrives until the other side closes."""
        answer = b""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    piece = await self._reader.read(65_536)
                except ConnectionError:
                    return answer
                if not piece:
                    return answer
                answer += piece


@asynccontextmanager
async def _wire(program: Program) -> AsyncIterator[_Wire]:
    port = int(program.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield _Wire(reader, writer)
    finally:
        writer.close()


def _head(length: int, token: str) -> bytes:
    return (
        f"POST {_PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


async def _answer_while_dripping(wire: _Wire, piece: bytes) -> bytes:
    """Send the piece repeatedly, and return what the program answers before it closes.

    The client never closes. If the program closes within `PATIENCE_SECONDS`, it has refused the
    client, because it keeps idle connections open for longer than that.
    """
    dripping = asyncio.create_task(wire.drip(piece))
    answer = await wire.rest()
    dripping.cancel()
    await asyncio.wait((dripping,))
    return answer


async def test_a_dripping_body_is_answered_408_and_the_connection_closed(program: Program) -> None:
    async with _wire(program) as wire:
        wire.writer.write(_head(1000, service_token()))
        answer = await _answer_while_dripping(wire, b" ")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nconnection: close" in head.lower()
    assert b"\r\nx-request-id: " in head
    assert json.loads(body)["type"] == "urn:notifications:problem:too-slow"


async def test_the_program_does_not_wait_for_a_body_that_it_does_not_read(program: Program) -> None:
    async with _wire(program) as wire:
        wire.writer.write(_head(10**9, "nonsense"))
        answer = await _answer_while_dripping(wire, b" ")
    assert answer.startswith(b"HTTP/1.1 401 ")


async def test_a_connection_without_a_request_is_closed_without_an_answer(
    program: Program,
) -> None:
    async with _wire(program) as wire:
        assert await wire.rest() == b""


@pytest.mark.parametrize("start", [b"GET /", b"POST / HTTP/1.1\r\nX: "])
async def test_a_dripping_head_is_answered_408_and_the_connection_closed(
    start: bytes, program: Program
) -> None:
    async with _wire(program) as wire:
        wire.writer.write(start)
        answer = await _answer_while_dripping(wire, b"x")
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_second_request_on_a_connection_has_the_same_time_limit(program: Program) -> None:
    async with _wire(program) as wire:
        request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        wire.writer.write(request + request[:-2] + b"X: ")
        answer = await _answer_while_dripping(wire, b"x")
    assert answer.count(b"HTTP/1.1 200 ") == 1


async def test_a_request_in_pieces_that_arrives_in_time_is_accepted(program: Program) -> None:
    body = b'{"user_id":"ana","type":"t","title":"x"}'.ljust(60_000)
    async with _wire(program) as wire:
        for _ in range(2):
            request = _head(len(body), service_token()) + body
            for piece in (request[:10], request[10:500], request[500:]):
                wire.writer.write(piece)
                await wire.writer.drain()
                await asyncio.sleep(0.05)  # so that the program reads them separately
        head = _head(len(body), service_token())
        wire.writer.write(head.replace(b"Host: x", b"Host: x\r\nConnection: close") + body)
        answer = await wire.rest()
    assert answer.count(b"HTTP/1.1 201 ") == 3


async def test_an_endless_head_is_refused(program: Program) -> None:
    async with _wire(program) as wire:
        wire.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        answer = await _answer_while_dripping(wire, b"x" * 50_000)
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_an_endless_body_is_refused_and_the_connection_closed(program: Program) -> None:
    async with _wire(program) as wire:
        head = _head(0, service_token())
        wire.writer.write(head.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"))
        piece = b"4000\r\n%s\r\n" % (b" " * 0x4000)
        answer = await _answer_while_dripping(wire, piece)
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_request_with_two_lengths_is_refused(program: Program) -> None:
    async with _wire(program) as wire:
        head = _head(5, service_token())
        chunked = b"Transfer-Encoding: chunked\r\n\r\n"
        wire.writer.write(head.replace(b"\r\n\r\n", b"\r\n" + chunked) + b"0\r\n\r\n")
        answer = await wire.rest()
    assert answer.startswith(b"HTTP/1.1 400 ")


async def _created(api: Api, body: bytes) -> Any:
    answer = await api.call("POST", _PATH, service_token(), content=body, headers=JSON)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize(
    "data",
    [
        {"$where": "sleep(10000)", "$set": {"$ne": None}},
        {"a.b": {"c.d": 1}, ".": 2, "a.": 3},
        {"__proto__": {"admin": True}, "constructor": 1, "_id": 7, "__class__": "x"},
        {"": 1, " ": 2, "\u0000": 3, "a\u0000b": "c\u0000d"},
        {"big": [2**53 - 1, 1 - 2**53], "small": [5e-324, 0.1, 1.7976931348623157e308]},
        {"text": "\u202e\ufeff\u2028\U0001f4e6\ud7ff\ue000\uffff", "é": "e\u0301"},
        {"deep": {"a": [[[[[[[[[[1]]]]]]]]]]}},
        {"$date": "2030-01-01", "$oid": "x", "$numberLong": "1"},
    ],
)
async def test_unusual_data_is_kept_unchanged(data: dict[str, Any], api: Api) -> None:
    fields = {"user_id": "odd", "type": "t", "title": "x", "data": data}
    for body in (json.dumps(fields).encode(), json.dumps(fields, ensure_ascii=False).encode()):
        created = await _created(api, body)
        assert created["data"] == data
        assert (await api.trace(created["id"])).json()["data"] == data
        assert (await api.listed("odd", limit=1)).json()["items"][0]["data"] == data


@pytest.mark.parametrize("text", ["a\u0000b", "$where", "{{7*7}}", "<script>", "\u202e", "'; --"])
async def test_unusual_texts_are_kept_unchanged(text: str, api: Api) -> None:
    created = await api.created(text, title=text, body=text, collapse_key=text)
    shown = (await api.trace(created["id"])).json()
    assert {shown[name] for name in ("user_id", "title", "body", "collapse_key")} == {text}
    assert await api.ids(text) == [created["id"]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"order_id":9007199254740993}', "send it as a string"),
        (b'{"a":18446744073709551616}', "browsers round it"),
        (b'{"a":-9223372036854775809}', "browsers round it"),
        (b'{"a":0.1000000000000000055511151231257827}', "double"),
        (b'{"a":1e-9999999999999999999999}', "double"),
        (b'{"a":1e400}', "infinity"),
        (b'{"a":NaN}', "not valid JSON"),
        (b'{"a":1,"a":2}', "twice"),
        (b'{"a":"\\ud800"}', "not valid JSON"),
        (b'{"\\udfff":1}', "not valid JSON"),
        (b'{"a":"\xff"}', "not valid JSON"),
        (b'{"a":"\xed\xa0\x80"}', "not valid JSON"),
        (b'{"a":"\x00"}', "not valid JSON"),
        (b'{"a":' + b"[" * 30_000, "not valid JSON"),
        (b'{"a":' + b'{"a":' * 1000 + b"1" + b"}" * 1001, ""),
    ],
)
async def test_data_that_cannot_be_kept_unchanged_is_refused(
    data: bytes, reason: str, api: Api
) -> None:
    body = b'{"user_id":"odd","type":"t","title":"x","data":%s}' % data
    answer = await api.call("POST", _PATH, service_token(), content=body, headers=JSON)
    assert answer.status_code == 422
    assert reason in answer.json()["errors"][0]["message"]


async def test_duplicate_field_names_outside_data_are_refused(api: Api) -> None:
    body = b'{"user_id":"odd","user_id":"eve","type":"t","title":"x"}'
    answer = await api.call("POST", _PATH, service_token(), content=body, headers=JSON)
    assert answer.status_code == 422


async def test_a_huge_token_is_refused(api: Api) -> None:
    for size in (20_000, 60_000):
        assert (await api.call("POST", _PATH, "x" * size)).status_code == 401
