"""The start and stop of the process, and the death of a background task."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, NoReturn

import httpx
import pytest

from producer_api.app import build
from producer_api.settings import Settings
from producer_api.workers.relay import Relay
from runtime.lifecycle import live
from tests.bench.live.cpu import family
from tests.integration.producer_api.api import JSON, Api
from tests.services.program import Program, running
from tests.services.tokens import service_token
from tests.services.waiting import eventually
from tests.services.world import World

#: One second more than the default keep-alive of httpx and of uvicorn.
_IDLE_SECONDS = 6.0


@pytest.mark.parametrize(
    ("name", "value"),
    [("PRODUCER_API_PORT", "http"), ("MONGO_URL", "nowhere"), ("AUTH_JWT_SECRET", "")],
)
async def test_the_program_exits_2_and_names_a_bad_setting(
    name: str, value: str, another: Callable[..., Program]
) -> None:
    program = another(**{name: value})
    await program.start_unready()
    assert await program.wait() == 2
    assert name in "\n".join(program.lines)
    assert "Traceback" not in "\n".join(program.lines)


async def test_the_program_exits_3_if_its_port_is_in_use(
    program: Program, another: Callable[..., Program]
) -> None:
    second = another(PRODUCER_API_PORT=program.url.rpartition(":")[2])
    await second.start_unready()
    assert await second.wait() == 3
    assert "address already in use" in "\n".join(second.lines)


async def test_creates_in_progress_finish_after_sigterm(
    another: Callable[..., Program], world: World
) -> None:
    half_sent = asyncio.Event()
    may_continue = asyncio.Event()

    async def body() -> Any:
        yield b'{"user_id":"ana","type":"t",'
        half_sent.set()
        await may_continue.wait()
        yield b'"title":"last"}'

    async with running(program := another()), Api(program.url) as api:
        await api.created()
        creating = asyncio.create_task(
            api.call("POST", "/v1/notifications", service_token(), content=body(), headers=JSON)
        )
        await half_sent.wait()
        assert family(program.pid) == [program.pid], "one worker needs no parent"
        stopping = asyncio.create_task(program.stop())

        async def is_stopping() -> bool:
            try:
                await api.client.get("/healthz", headers={"Connection": "close"})
            except httpx.ConnectError:
                return True
            except httpx.TransportError:
                return False  # The listener closed while it took this connection.
            return False

        await eventually(is_stopping)
        may_continue.set()
        assert (await creating).status_code == 201
        await stopping
        assert await program.wait() == 0
    assert len(await world.records(world.settings.kafka_topic)) == 2
    assert "Traceback" not in "\n".join(program.lines)


async def test_a_dead_background_task_ends_the_process(
    stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def die(_: Relay) -> NoReturn:
        raise RuntimeError("a bug of the relay")

    monkeypatch.setattr(Relay, "run", die)
    settings = Settings.model_validate({name.lower(): text for name, text in stack_env.items()})
    with caplog.at_level(logging.CRITICAL):
        assert await asyncio.wait_for(live(build(settings)), 30) == 1
    [record] = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert "background task died" in record.getMessage()


async def test_an_idle_connection_outlives_the_keep_alive_of_the_client(program: Program) -> None:
    url = httpx.URL(program.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    request = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"
    writer.write(request)
    assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(), _IDLE_SECONDS)  # returns when the program closes
    writer.write(request)
    async with asyncio.timeout(20):
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
