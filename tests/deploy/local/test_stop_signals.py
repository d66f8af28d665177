"""Programs that `make` starts, in a terminal or in the background of a script, handle signals."""

import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy.local.paths import ROOT
from deploy.local.process import Process
from tests.services.waiting import eventually

_PROGRAM = """
import os, signal, time
from deploy.local.stop_signals import heed_interrupts
signal.signal(signal.SIGHUP, lambda *_: print("hung up", flush=True))
heed_interrupts()
print("pids", os.getppid(), os.getpid(), flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
_FOREGROUND, _BACKGROUND = "exec make", "make & wait"


class _Made(NamedTuple):
    script: Process
    make: int
    program: int

    async def prints(self, text: str) -> None:
        """Wait until a line with this text is printed."""

        async def printed() -> bool:
            return any(text in line for line in self.script.recent)

        await eventually(printed)


@asynccontextmanager
async def _made(folder: Path, script: str) -> AsyncIterator[_Made]:
    """Run this script, which calls `make` to start the program."""
    python = f"exec {shlex.quote(sys.executable)} -c {shlex.quote(_PROGRAM)}"
    (folder / "program.sh").write_text(python)
    (folder / "Makefile").write_text("wait:\n\t@exec sh program.sh\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    shell = Process("script", ["sh", "-c", script], env=environment, cwd=folder)
    await shell.start()
    await _Made(shell, 0, 0).prints("pids")
    (line,) = (line for line in shell.recent if line.startswith("pids"))
    made = _Made(shell, *map(int, line.split()[1:]))
    try:
        yield made
    finally:
        for pid in (made.program, made.make):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await shell.kill()


async def test_a_program_in_the_background_of_a_script_heeds_an_interrupt(tmp_path: Path) -> None:
    async with _made(tmp_path, _BACKGROUND) as made:
        await made.prints(f"send SIGTERM to make ({made.make})")
        os.kill(made.program, signal.SIGINT)
        await made.prints("interrupted")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
async def test_a_program_gets_a_hangup_when_only_make_is_told_to_stop(
    number: signal.Signals, tmp_path: Path
) -> None:
    async with _made(tmp_path, _FOREGROUND) as made:
        os.kill(made.make, number)
        await made.prints("hung up")
        assert not any("SIGTERM" in line for line in made.script.recent)


async def test_a_program_that_make_did_not_start_gets_no_hangup(tmp_path: Path) -> None:
    async with _made(tmp_path, "sh program.sh") as made:
        os.kill(made.program, signal.SIGINT)
        await made.prints("interrupted")
        assert "hung up" not in made.script.recent
