"""Our programs, forked from a process that has already imported them.

Importing a program takes about a second of CPU time, and the suite starts hundreds of them. The
standard library's fork server imports the programs once, and forks for each start. The fork runs
the program's `__main__` with its own environment, session and output, as `python -m` would.
"""

import asyncio
import ctypes
import gc
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

_PRELOADED = ("delivery.__main__", "delivery.app", "producer_api.__main__", "producer_api.single")
_PR_SET_PDEATHSIG = 1

_context = multiprocessing.get_context("forkserver")
# FastAPI imports `pydantic.v1` when a program adds its first route.
_context.set_forkserver_preload([*_PRELOADED, "pydantic.v1"])


class Fork:
    """One forked process, as the `Child` of a `deploy.local.process.Process`."""

    def __init__(self, process: ForkServerProcess, stdout: asyncio.StreamReader) -> None:
        self.stdout = stdout
        self._process = process
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._note_end)

    @property
    def pid(self) -> int:
        """The id of the process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, negative for a signal; None while the process runs."""
        return self._process.exitcode

    async def wait(self) -> int:
        """Wait for the end of the process, and return the exit status."""
        await self._ended.wait()
        assert self._process.exitcode is not None
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def _note_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._ended.set()


async def fork(module: str, env: Mapping[str, str], cwd: Path) -> Fork:
    """Start `python -m <module>` as a fork. Standard output and error share one stream."""
    read_end, write_end = os.pipe()
    stdout = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdout), os.fdopen(read_end, "rb", 0)
    )
    process = _context.Process(target=_Start(module, dict(env), cwd, write_end), name=module)
    process.start()
    os.close(write_end)
    return Fork(process, stdout)


class _Start:
    """What the fork does. Pickling it gives the child a descriptor of its own for the output."""

    def __init__(self, module: str, env: dict[str, str], cwd: Path, output: int) -> None:
        self._program = module, env, cwd
        self._output = output

    def __getstate__(self) -> tuple[Any, Any]:
        return self._program, DupFd(self._output)

    def __setstate__(self, state: tuple[Any, Any]) -> None:
        self._program, output = state
        self._output = output.detach()

    def __call__(self) -> None:
        module, env, cwd = self._program
        # The program runs a garbage collection when it starts. Exempt what the fork server has
        # imported, so that the collection need not scan it.
        gc.freeze()
        # The fork must not outlive the fork server. Other child processes get the same setting from
        # `setpriv --pdeathsig KILL`.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        for descriptor in (1, 2):
            os.dup2(self._output, descriptor)
        os.close(self._output)
        os.environ.clear()
        os.environ.update(env)
        os.chdir(cwd)
        sys.argv = [module]
        # Forget the preloaded module. Otherwise, `runpy` would print a warning on standard error,
        # among the JSON logs.
        sys.modules.pop(f"{module}.__main__", None)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        runpy.run_module(module, run_name="__main__", alter_sys=True)
