"""`python -m deploy.local`, as a person runs it: ready, stopped, broken, refused."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest_asyncio

from tests.services.launcher import Launcher

_STOP_SECONDS = 15.0


@pytest_asyncio.fixture
async def launcher(tmp_path: Path, ports: Iterator[int]) -> AsyncIterator[Launcher]:
    launcher = Launcher(tmp_path / "data", ports)
    yield launcher
    await launcher.stop(_STOP_SECONDS)


async def _ends_within(launcher: Launcher, seconds: float) -> int:
    began = time.monotonic()
    status = await asyncio.wait_for(launcher.wait(), seconds + 5)
    assert time.monotonic() - began < seconds
    return status


async def test_ready_then_stopped_by_ctrl_c_then_ready_again(launcher: Launcher) -> None:
    await launcher.start()
    await launcher.until_printed("Ctrl-C stops everything")
    async with httpx.AsyncClient() as client:
        config = (
            await client.get(f"http://localhost:{launcher.ports['UI_PORT']}/config.json")
        ).json()
        assert (await client.get(f"{config['apiUrl']}/readyz")).is_success
        shoppers = (await client.get(f"{config['shopUrl']}/api/shoppers")).json()
        assert "ana" in [shopper["user_id"] for shopper in shoppers]

    launcher.terminal_signal(signal.SIGINT)
    assert await _ends_within(launcher, _STOP_SECONDS) == 0
    assert await launcher.listening() == []
    assert launcher.lines[-1] == "all stopped"

    launcher.lines.clear()
    await launcher.start()
    await launcher.until_printed("Ctrl-C stops everything")
    launcher.terminal_signal(signal.SIGTERM)
    assert await _ends_within(launcher, _STOP_SECONDS) == 0
    assert await launcher.listening() == []


async def test_a_part_that_is_killed_ends_the_run_by_name(launcher: Launcher) -> None:
    await launcher.start()
    await launcher.until_printed("delivery-1    ready")
    os.kill(launcher.pid_of("producer_api"), signal.SIGKILL)
    assert await _ends_within(launcher, _STOP_SECONDS) == 1
    assert any("producer-api was ended by SIGKILL" in line for line in launcher.lines)
    assert await launcher.listening() == []


async def test_stopped_while_it_starts(launcher: Launcher) -> None:
    await launcher.start()
    await launcher.until_printed("mongod        ready")
    launcher.terminal_signal(signal.SIGINT)
    assert await _ends_within(launcher, _STOP_SECONDS) == 0
    assert await launcher.listening() == []


async def test_nothing_outlives_a_launcher_that_is_killed(launcher: Launcher) -> None:
    await launcher.start()
    await launcher.until_printed("kafka         ready")
    await launcher.kill()
    async with asyncio.timeout(5):
        while await launcher.listening():  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(0.05)


async def test_ctrl_c_twice_ends_it_at_once(launcher: Launcher) -> None:
    await launcher.start()
    await launcher.until_printed("kafka         ready")
    launcher.terminal_signal(signal.SIGINT)
    await launcher.until_printed("stopping everything")
    launcher.terminal_signal(signal.SIGINT)
    assert await _ends_within(launcher, 3) == 0
    assert await launcher.listening() == []


async def test_a_port_in_use_is_named_before_anything_starts(launcher: Launcher) -> None:
    server = await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", launcher.ports["UI_PORT"]
    )
    async with server:
        await launcher.start()
        assert await _ends_within(launcher, 10) == 2
    assert f"port {launcher.ports['UI_PORT']} (UI_PORT) is in use" in launcher.lines[-1]
    assert not (launcher.data / "mongo").exists()


async def test_two_runs_do_not_share_a_folder(launcher: Launcher, ports: Iterator[int]) -> None:
    await launcher.start()
    await launcher.until_printed("mongod        ready")
    second = Launcher(launcher.data, ports)
    await second.start()
    assert await _ends_within(second, 10) == 2
    assert "LOCAL_DATA" in second.lines[-1]
    assert launcher.running
