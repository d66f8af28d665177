"""A child process: its output is read, it can be stopped, and it ends with its parent."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from deploy.local.process import PartFailedError, Process

Probe = Callable[[], Coroutine[None, None, bool]]

_IGNORES_SIGTERM = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)"


def _python(code: str) -> Process:
    return Process("child", [sys.executable, "-c", code])


def _printed(process: Process, line: str) -> Probe:
    async def probe() -> bool:
        return line in process.recent

    return probe


async def _never() -> bool:
    return False


async def test_all_output_is_read_before_the_end_is_reported() -> None:
    child = _python("import sys; print('out'); print('err', file=sys.stderr); print('x' * 99_999)")
    await child.start()
    assert await child.wait() == 0
    assert sorted(map(len, child.recent)) == [3, 3, 99_999]
    assert not child.running


async def test_an_early_exit_is_reported_with_the_last_lines_of_output() -> None:
    child = _python("import sys; print('no room'); sys.exit(3)")
    await child.start()
    with pytest.raises(PartFailedError, match=r"child ended with status 3(?s:.)*no room"):
        await child.until_ready(_never, 10)


async def test_a_part_that_is_not_ready_in_time_fails() -> None:
    child = _python("import time; time.sleep(60)")
    await child.start()
    with pytest.raises(PartFailedError, match="not ready within"):
        await child.until_ready(_never, 0.1)
    await child.kill()
    assert await child.ending() == "was ended by SIGKILL"


async def test_a_process_that_ignores_sigterm_is_killed() -> None:
    child = _python(_IGNORES_SIGTERM + "; time.sleep(60)")
    await child.start()
    await child.until_ready(_printed(child, "up"), 10)
    await child.stop(grace=0.1)
    assert not child.running


async def test_a_suspended_process_is_stopped_by_sigterm() -> None:
    child = _python("import time; print('up', flush=True); time.sleep(60)")
    await child.start()
    await child.until_ready(_printed(child, "up"), 10)
    child.suspend()
    await child.stop(grace=10)
    assert await child.ending() == "was ended by SIGTERM"


async def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    parent = _python(
        "import asyncio, sys\n"
        "from deploy.local.process import Process\n"
        "async def main():\n"
        "    child = Process('grandchild', [sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "    await child.start()\n"
        f"    open({str(note)!r}, 'w').write(str(child.pid))\n"
        "    print('started', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    await parent.start()
    await parent.until_ready(_printed(parent, "started"), 10)
    grandchild = Path("/proc") / note.read_text()
    assert grandchild.exists()
    await parent.kill()
    async with asyncio.timeout(5):
        while _runs(grandchild):  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


def _runs(process: Path) -> bool:
    try:
        return ") Z " not in (process / "stat").read_text()  # a zombie that init has not reaped yet
    except (FileNotFoundError, ProcessLookupError):
        return False
