"""`make scale`: the request, the answer, and the messages for failures."""

import asyncio
import socket
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from deploy.local import control, scale
from deploy.local.control import SOCKET, Command, Released
from deploy.local.instances import RefusedError


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data folder. Its path is longer than the path of a Unix socket may be."""
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    deep.mkdir(parents=True)
    monkeypatch.setenv("LOCAL_DATA", str(deep))
    monkeypatch.chdir(deep)
    return deep


async def _two_steps(count: str, _: Released) -> AsyncGenerator[str]:
    yield f"requested: {count}"
    yield "and\ndone"


async def _fail(_: str, __: Released) -> AsyncGenerator[str]:
    yield "tried"
    raise RefusedError("no room")


@asynccontextmanager
async def _stack(steps: Command) -> AsyncGenerator[None]:
    serving = asyncio.create_task(control.serve({"scale": steps}))
    async with asyncio.timeout(5):
        while not SOCKET.exists():  # noqa: ASYNC110 - the server sets no event
            await asyncio.sleep(0.01)
    yield
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


async def _make_scale(count: int) -> int:
    return await asyncio.to_thread(scale.main, [str(count)])


@pytest.mark.parametrize(
    "arguments", [[], ["0"], ["17"], ["-1"], ["three"], ["2", "3"], ["²"], ["9" * 5000]]
)
def test_a_bad_number_is_answered_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert scale.main(arguments) == 2
    assert "make scale N=3" in capsys.readouterr().err


async def test_each_step_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    async with _stack(_two_steps):
        for count in (3, 4):
            assert await _make_scale(count) == 0
            assert capsys.readouterr().out == f"requested: {count}\nand\ndone\n"


async def test_a_failure_is_printed_and_the_stack_keeps_running(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with _stack(_fail):
        for _ in range(2):
            assert await _make_scale(3) == 1
            assert capsys.readouterr().out == "tried\ncannot scale: no room\n"


async def test_only_this_user_may_connect() -> None:
    async with _stack(_two_steps):
        assert stat.S_IMODE(SOCKET.stat().st_mode) == 0o600


@pytest.mark.parametrize("folder", ["", "no such folder"])
async def test_without_a_stack_the_command_prints_how_to_start_one(
    folder: str, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOCAL_DATA", str(data / folder))
    assert await _make_scale(3) == 1
    assert "`make run`" in capsys.readouterr().err


async def test_the_socket_of_a_killed_run_is_replaced() -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(SOCKET))
    assert await _make_scale(3) == 1
    async with _stack(_two_steps):
        await asyncio.sleep(0)
        assert await _make_scale(3) == 0
    assert not SOCKET.exists()


async def test_a_stop_of_the_stack_during_a_request_is_reported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    is_requested = asyncio.Event()

    async def begin(_: str, __: Released) -> AsyncGenerator[str]:
        is_requested.set()
        await asyncio.Event().wait()
        yield ""

    async with _stack(begin):
        request = asyncio.create_task(_make_scale(3))
        await asyncio.wait_for(is_requested.wait(), 5)
    assert await request == 1
    assert "the stack was stopped" in capsys.readouterr().err


@pytest.mark.parametrize("words", [b"", b"scale\n", b"shrink 3\n", b"\xff 3\n", b"x" * 100_000])
async def test_malformed_requests_get_no_answer_and_block_no_other_client(words: bytes) -> None:
    async with _stack(_two_steps):
        reader, writer = await asyncio.open_unix_connection(SOCKET)
        writer.write(words)
        assert await _make_scale(3) == 0
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


async def test_steps_that_have_not_started_are_dropped_with_their_client() -> None:
    started = 0
    ended = asyncio.Event()

    async def step(_: str, __: Released) -> AsyncGenerator[str]:
        nonlocal started
        try:
            while started < 16:
                started += 1
                await asyncio.sleep(0.02)
                yield "joined"
        finally:
            ended.set()

    async with _stack(step):
        _, writer = await asyncio.open_unix_connection(SOCKET)
        writer.write(b"scale 16\n")
        await writer.drain()
        writer.transport.abort()
        await asyncio.wait_for(ended.wait(), 5)
        assert started < 16


async def test_a_failure_to_end_the_steps_of_a_client_that_has_gone_ends_no_stack() -> None:
    """Kafka is paused for a client that disappears, and does not start again at once."""
    is_gone, has_failed = asyncio.Event(), asyncio.Event()

    async def pause(_: str, __: Released) -> AsyncGenerator[str]:
        await is_gone.wait()
        try:
            yield "stopped"
        except GeneratorExit as closing:
            has_failed.set()
            raise RefusedError("it does not start again") from closing

    def command(count: str, released: Released) -> AsyncGenerator[str]:
        return (pause if count == "1" else _two_steps)(count, released)

    async with _stack(command):
        _, writer = await asyncio.open_unix_connection(SOCKET)
        writer.write(b"scale 1\n")
        await writer.drain()
        writer.transport.abort()
        await writer.wait_closed()
        is_gone.set()
        await asyncio.wait_for(has_failed.wait(), 5)
        assert await asyncio.wait_for(_make_scale(3), 5) == 0
