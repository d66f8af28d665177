"""Both clients, against a small server that follows a script."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import httpx
import orjson
import pytest
import pytest_asyncio
from aiohttp import web

from producer_api.client import (
    AsyncNotifications,
    NewNotification,
    Notifications,
    Problem,
    RefusedError,
    UnavailableError,
    UnreachableError,
)

_NEW = NewNotification(user_id="ana", type="t", title="x", data={"a": 1})
_CREATED = {"id": "1", "title": "x"}

Handler = Callable[[web.Request], Any]


class _Server:
    """Answers each request with the next step of its script, and repeats the last step."""

    def __init__(self) -> None:
        self.script: list[Handler] = []
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append((request.method, request.raw_path, headers, await request.read()))
        handler = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        answer: web.StreamResponse = await handler(request)
        return answer

    def keys_sent(self) -> set[str | None]:
        """Return the idempotency keys of the requests."""
        return {headers.get("idempotency-key") for _, _, headers, _ in self.seen}


def _answer(status: int, content: object = None, **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        body = b"" if content is None else orjson.dumps(content)
        return web.Response(status=status, body=body, headers=fields)

    return answer


async def _hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


class _Caller(Protocol):
    """A function that calls a method of either client."""

    async def __call__(self, name: str, *args: Any, **kwargs: Any) -> Any: ...


@pytest_asyncio.fixture
async def server() -> AsyncIterator[_Server]:
    server = _Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest_asyncio.fixture(params=["async", "sync"])
async def call(request: pytest.FixtureRequest, server: _Server) -> AsyncIterator[_Caller]:
    """Yield a function that calls a client of `server`: patience 2 s, timeout 0.5 s."""
    tokens = iter(f"token-{number}" for number in range(1000))
    options: Any = {"token": lambda: next(tokens), "patience": 2.0, "timeout": 0.5}
    if request.param == "async":
        async with AsyncNotifications(server.url, **options) as client:

            async def directly(name: str, *args: Any, **kwargs: Any) -> Any:
                return await getattr(client, name)(*args, **kwargs)

            yield directly
        return
    with Notifications(server.url, **options) as blocking:

        async def in_a_thread(name: str, *args: Any, **kwargs: Any) -> Any:
            return await asyncio.to_thread(getattr(blocking, name), *args, **kwargs)

        yield in_a_thread


async def test_create_returns_the_notification(call: _Caller, server: _Server) -> None:
    server.script = [_answer(201, _CREATED)]
    assert await call("create", _NEW, key="order 7") == _CREATED
    ((method, path, headers, content),) = server.seen
    assert (method, path) == ("POST", "/v1/notifications")
    assert headers["authorization"] == "Bearer token-0"
    assert headers["content-type"] == "application/json"
    assert headers["idempotency-key"] == "order 7"
    assert orjson.loads(content) == {"user_id": "ana", "type": "t", "title": "x", "data": {"a": 1}}


async def test_each_create_without_a_key_gets_its_own_key(call: _Caller, server: _Server) -> None:
    server.script = [_answer(201, _CREATED)]
    await call("create", _NEW)
    await call("create", _NEW)
    assert len(server.keys_sent()) == 2
    assert None not in server.keys_sent()


@pytest.mark.parametrize(
    "first", [_hang_up, _answer(503), _answer(429), _answer(409), _answer(408), _answer(502)]
)
async def test_a_repeat_is_the_same_request_with_a_fresh_token(
    first: Handler, call: _Caller, server: _Server
) -> None:
    server.script = [first, _answer(201, _CREATED)]
    assert await call("create", _NEW) == _CREATED
    (first_call, second_call) = server.seen
    assert len(server.keys_sent()) == 1
    assert (first_call[:2], first_call[3]) == (second_call[:2], second_call[3])
    assert first_call[2]["authorization"] != second_call[2]["authorization"]


async def test_the_client_waits_for_retry_after(call: _Caller, server: _Server) -> None:
    server.script = [_answer(503, Retry_After="1"), _answer(201, _CREATED)]
    began = time.monotonic()
    await call("create", _NEW)
    assert time.monotonic() - began >= 1


async def test_a_hanging_request_is_repeated(call: _Caller, server: _Server) -> None:
    never = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    server.script = [hang, _answer(201, _CREATED)]
    assert await call("create", _NEW) == _CREATED
    never.set()


async def test_a_call_fails_when_its_patience_is_used_up(call: _Caller, server: _Server) -> None:
    server.script = [_answer(503, {"type": "urn:x", "detail": "later"})]
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="answered 503: later") as refusal:
        await call("create", _NEW)
    assert time.monotonic() - began < 2.5
    assert refusal.value.problem.type == "urn:x"
    assert len(server.seen) > 2


async def test_the_client_waits_no_longer_than_its_patience(call: _Caller, server: _Server) -> None:
    server.script = [_answer(429, Retry_After="60")]
    began = time.monotonic()
    with pytest.raises(UnavailableError):
        await call("create", _NEW)
    assert time.monotonic() - began < 1


async def test_a_server_that_always_closes_the_connection_is_unreachable(
    call: _Caller, server: _Server
) -> None:
    server.script = [_hang_up]
    with pytest.raises(UnreachableError, match="cannot be reached"):
        await call("create", _NEW)
    assert len(server.seen) > 2


async def test_a_refusal_is_not_repeated(call: _Caller, server: _Server) -> None:
    errors = [{"field": "title", "message": "too long"}]
    server.script = [_answer(422, {"type": "urn:x", "detail": "no", "errors": errors})]
    with pytest.raises(RefusedError) as refusal:
        await call("create", _NEW)
    assert refusal.value.problem.errors == tuple(errors)
    assert len(server.seen) == 1


async def test_a_usage_error_is_raised_at_once(call: _Caller, server: _Server) -> None:
    with pytest.raises(httpx.LocalProtocolError):
        await call("create", _NEW, key="two\nlines")
    assert server.seen == []


async def test_create_batch_returns_a_result_for_each_item(call: _Caller, server: _Server) -> None:
    problem = {"type": "urn:x", "title": "T", "status": 422, "detail": "no"}
    results = [
        {"index": 1, "status": 422, "problem": problem},
        {"index": 0, "status": 201, "notification": _CREATED},
    ]
    server.script = [_answer(503), _answer(200, {"results": results})]
    outcomes = await call("create_batch", [_NEW, _NEW], key="night")
    assert outcomes == [_CREATED, Problem(422, "urn:x", "T", "no")]
    assert server.keys_sent() == {"night"}
    assert server.seen[0][1] == "/v1/notifications/batch"
    assert len(orjson.loads(server.seen[0][3])["notifications"]) == 2


async def test_state_returns_the_notification_with_its_status(
    call: _Caller, server: _Server
) -> None:
    server.script = [_hang_up, _answer(200, {"id": "1", "status": "pending"})]
    assert (await call("state", "a/b"))["status"] == "pending"
    assert server.seen[-1][:2] == ("GET", "/v1/notifications/a%2Fb")
    assert server.keys_sent() == {None}


async def test_revoke_sessions_encodes_the_user(call: _Caller, server: _Server) -> None:
    server.script = [_answer(503), _answer(204)]
    assert await call("revoke_sessions", "..") is None
    assert server.seen[-1][:2] == ("POST", "/v1/users/%2E%2E/sessions/revoke")


@pytest.mark.parametrize("status", [202, 204])
async def test_erase_accepts_both_success_statuses(
    status: int, call: _Caller, server: _Server
) -> None:
    server.script = [_answer(503), _answer(status)]
    assert await call("erase", "a &/é") is None
    assert server.seen[-1][:2] == ("DELETE", "/v1/users/%61%20%26%2F%C3%A9/notifications")


async def test_withdraw_names_the_notification_or_its_key(call: _Caller, server: _Server) -> None:
    server.script = [_answer(204)]
    assert await call("withdraw", "a/b") is None
    assert await call("withdraw_standing", "ana", "order-1") is None
    (method, path, _, _), (*_, body) = server.seen
    assert (method, path) == ("DELETE", "/v1/notifications/a%2Fb")
    assert orjson.loads(body) == {"user_id": "ana", "collapse_key": "order-1"}


async def test_mark_read_names_the_key_of_the_order(call: _Caller, server: _Server) -> None:
    server.script = [_answer(503), _answer(200, {"unread_count": 0, "unseen_count": 0})]
    assert await call("mark_read", "ana", "order-1") is None
    method, path, _, body = server.seen[-1]
    assert (method, path) == ("POST", "/v1/users/%61%6E%61/notifications/read")
    assert orjson.loads(body) == {"collapse_key": "order-1"}
