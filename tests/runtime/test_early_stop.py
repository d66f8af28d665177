"""SIGTERM ends a program that is still importing its libraries."""

import subprocess
import sys

import pytest

_PROGRAMS = ("producer_api", "delivery", "delivery.away", "deploy.console", "deploy.demo_shop")
#: Runs a program that gets the signal when it begins to import the first of its libraries.
_CODE = """
import os, runpy, signal, sys

class Signal:
    def find_spec(self, name, *_):
        if name in {"aiokafka", "asyncio", "logging", "pydantic", "pydantic_settings", "pymongo"}:
            os.kill(os.getpid(), signal.SIGTERM)

sys.meta_path.insert(0, Signal())
runpy.run_module(sys.argv.pop(), run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("program", _PROGRAMS)
def test_sigterm_ends_a_program_that_still_imports_with_status_0(program: str) -> None:
    # Without a handler, the signal would kill the process, and its status would not be 0. If the
    # process were the first of a container, the kernel would even ignore the signal.
    ended = subprocess.run(  # noqa: S603 - our own programs
        [sys.executable, "-c", _CODE, program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
