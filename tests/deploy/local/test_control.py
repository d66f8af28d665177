"""Speaking to the running stack from another terminal."""

import asyncio
import socket
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from deploy.local import control
from deploy.local.control import NoStackError, Scale, ask
from deploy.local.instances import ScaleError


async def _tell_twice(count: int) -> AsyncGenerator[str]:
    yield f"asked for {count}"
    yield "and\ndone"


async def _fail(_: int) -> AsyncGenerator[str]:
    yield "tried"
    raise ScaleError("no room")


@asynccontextmanager
async def _stack(data: Path, scale: Scale) -> AsyncGenerator[None]:
    serving = asyncio.create_task(control.serve(data, scale))
    async with asyncio.timeout(5):
        while not (data / "control.sock").exists():  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0.01)
    yield
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


async def _ask(data: Path, count: int) -> list[str]:
    return await asyncio.to_thread(lambda: list(ask(data, count)))


async def test_what_happens_is_told(tmp_path: Path) -> None:
    async with _stack(tmp_path, _tell_twice):
        for count in (3, 4):
            assert await _ask(tmp_path, count) == [f"asked for {count}", "and\ndone"]


async def test_a_failure_is_told_and_the_stack_goes_on(tmp_path: Path) -> None:
    async with _stack(tmp_path, _fail):
        for _ in range(2):
            with pytest.raises(ScaleError, match="no room"):
                await _ask(tmp_path, 3)


async def test_only_this_user_may_ask(tmp_path: Path) -> None:
    async with _stack(tmp_path, _tell_twice):
        assert stat.S_IMODE((tmp_path / "control.sock").stat().st_mode) == 0o600


async def test_without_a_stack_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoStackError, match="make run"):
        await _ask(tmp_path, 3)
    with pytest.raises(NoStackError):
        await _ask(tmp_path / "no folder", 3)


async def test_a_stack_that_ended_leaves_nothing_behind(tmp_path: Path) -> None:
    async with _stack(tmp_path, _tell_twice):
        pass
    assert not (tmp_path / "control.sock").exists()


async def test_what_a_killed_run_left_is_no_stack_and_no_hindrance(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "control.sock"))
    with pytest.raises(NoStackError):
        await _ask(tmp_path, 3)
    async with _stack(tmp_path, _tell_twice):
        await asyncio.sleep(0)
        assert len(await _ask(tmp_path, 3)) == 2


async def test_a_folder_may_lie_deep(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    deep.mkdir(parents=True)
    async with _stack(deep, _tell_twice):
        assert len(await _ask(deep, 3)) == 2


async def test_a_stack_that_ends_meanwhile_is_told(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def begin(_: int) -> AsyncGenerator[str]:
        asked.set()
        await asyncio.Event().wait()
        yield ""

    async with _stack(tmp_path, begin):
        asking = asyncio.create_task(_ask(tmp_path, 3))
        await asyncio.wait_for(asked.wait(), 5)
    with pytest.raises(ScaleError, match="stopped meanwhile"):
        await asking


@pytest.mark.parametrize("words", [b"", b"many\n", b"x" * 100_000])
async def test_nonsense_is_not_answered_and_keeps_nobody_waiting(
    tmp_path: Path, words: bytes
) -> None:
    async with _stack(tmp_path, _tell_twice):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control.sock")
        writer.write(words)
        assert await _ask(tmp_path, 3)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


async def test_one_who_leaves_stops_what_was_not_begun(tmp_path: Path) -> None:
    begun = 0
    left = asyncio.Event()

    async def step(_: int) -> AsyncGenerator[str]:
        nonlocal begun
        try:
            while begun < 16:
                begun += 1
                await asyncio.sleep(0.02)
                yield "joined"
        finally:
            left.set()

    async with _stack(tmp_path, step):
        _, writer = await asyncio.open_unix_connection(tmp_path / "control.sock")
        writer.write(b"16\n")
        await writer.drain()
        writer.transport.abort()
        await asyncio.wait_for(left.wait(), 5)
        assert begun < 16
