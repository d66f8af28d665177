"""Socket.IO clients that poll, through HAProxy: each stays on its instance."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus

import httpx
import pytest_asyncio
import socketio
from starlette.responses import PlainTextResponse

from deploy.local.ports import HOST
from runtime.http_server import HttpServer
from tests.deploy.local.front import Front, echo, instance_of, port_of
from tests.services.http import http_client

#: Longer than the time that HAProxy waits for the answer to a handshake.
_LONG_POLL_SECONDS = 2.0


class _Instance:
    """A Socket.IO server that answers the event `where` with its port."""

    def __init__(self) -> None:
        self._io = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
        self._clients: list[str] = []
        self._io.on("connect", lambda sid, _environ: self._clients.append(sid))
        self._io.on("where", self._where)
        app = socketio.ASGIApp(self._io, PlainTextResponse("healthy"))
        self._server = HttpServer(app, HOST, 0, lifespan="off")

    @property
    def port(self) -> int:
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        serving = asyncio.create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            self._server.should_exit = True
            await serving
            await self._io.shutdown()

    async def end_sessions(self) -> None:
        for sid in self._clients:
            await self._io.disconnect(sid)

    async def _where(self, _sid: str, seconds: float) -> int:
        await asyncio.sleep(seconds)
        return self.port


class _Session:
    """A polling session of a browser without cookies."""

    def __init__(self, client: httpx.AsyncClient, front: Front, sid: str | None = None) -> None:
        self._client = client
        self._url = httpx.URL(
            f"http://{HOST}:{front.ui_port}/socket.io/", params={"EIO": "4", "transport": "polling"}
        )
        if sid is not None:
            self._url = self._url.copy_add_param("sid", sid)

    async def begin(self) -> None:
        answer = await self._client.get(self._url, headers={"Origin": "http://another.example"})
        assert "set-cookie" not in answer.headers
        self._url = self._url.copy_add_param("sid", json.loads(answer.text[1:])["sid"])
        await self._post("40")
        assert (await self.poll()).text.startswith("40")

    async def where(self, after_seconds: float = 0) -> int:
        """Return the port of the instance that answers."""
        await self._post(f'420["where",{after_seconds}]')
        answer = (await self.poll()).text
        return int(answer.removeprefix("430[").removesuffix("]"))

    async def poll(self) -> httpx.Response:
        return await self._client.get(self._url, timeout=20)

    async def _post(self, packet: str) -> None:
        assert (await self._client.post(self._url, content=packet)).text == "OK"


@asynccontextmanager
async def _instances(front: Front, count: int) -> AsyncIterator[list[_Instance]]:
    """Run instances, and add them to HAProxy as `delivery-1`, `delivery-2` and so on."""
    async with AsyncExitStack() as stack:
        instances = [_Instance() for _ in range(count)]
        for number, instance in enumerate(instances, 1):
            await stack.enter_async_context(instance.running())
            await front.haproxy.add(f"delivery-{number}", instance.port)
        yield instances


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client() as opened:
        yield opened


async def _begun(client: httpx.AsyncClient, front: Front) -> _Session:
    session = _Session(client, front)
    await session.begin()
    return session


async def test_polling_clients_are_spread_and_each_stays_on_its_instance(
    front: Front, client: httpx.AsyncClient
) -> None:
    async with _instances(front, 3) as instances:
        sessions = [await _begun(client, front) for _ in range(6)]
        reached = [[await session.where() for _ in range(5)] for session in sessions]
        assert all(len(set(ports)) == 1 for ports in reached)
        spread = Counter(ports[0] for ports in reached)
        assert spread == {instance.port: 2 for instance in instances}


async def test_the_answer_to_a_poll_may_take_long(front: Front, client: httpx.AsyncClient) -> None:
    async with _instances(front, 2):
        session = await _begun(client, front)
        assert await session.where() == await session.where(_LONG_POLL_SECONDS)


async def test_the_upgrade_to_a_websocket_reaches_the_session(front: Front) -> None:
    async with _instances(front, 3):
        for _ in range(3):
            async with socketio.AsyncSimpleClient(reconnection=False) as upgrading:
                await upgrading.connect(f"http://{HOST}:{front.ui_port}")
                assert upgrading.transport == "websocket"


async def test_an_instance_that_drains_ends_its_polling_sessions_and_gets_no_new_ones(
    front: Front, client: httpx.AsyncClient
) -> None:
    joined = _Instance()
    async with _instances(front, 1) as [draining], joined.running():
        old = await _begun(client, front)
        await front.haproxy.add("delivery-2", joined.port)
        await front.haproxy.drain("delivery-1")
        for _ in range(3):
            assert await (await _begun(client, front)).where() == joined.port
            assert await old.where() == draining.port
        await draining.end_sessions()
        assert (await old.poll()).text == "41", "the client must be told that the session has ended"


async def test_a_request_of_a_session_is_never_repeated(
    front: Front, client: httpx.AsyncClient
) -> None:
    async with _instances(front, 1), instance_of(echo, HTTPStatus.SERVICE_UNAVAILABLE) as draining:
        await front.haproxy.add("delivery-2", port_of(draining))
        session = _Session(client, front, sid="of another instance")
        statuses = {(await session.poll()).status_code for _ in range(4)}
    assert statuses == {HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE}


async def test_a_polling_session_whose_instance_was_removed_begins_again(
    front: Front, client: httpx.AsyncClient
) -> None:
    async with _instances(front, 2) as [first, second]:
        session = await _begun(client, front)
        is_first = await session.where() == first.port
        await front.haproxy.remove("delivery-1" if is_first else "delivery-2")
        assert (await session.poll()).status_code == HTTPStatus.BAD_REQUEST
        other = second if is_first else first
        assert await (await _begun(client, front)).where() == other.port
