"""If nobody reads a program's log, the program goes on. Later it logs how many lines were lost."""

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest

_LINES = 20_000
_PROGRAM = f"""
import logging, sys
from runtime.logs import flush_logs, set_up_logs
set_up_logs("INFO")
log = logging.getLogger("test")
for number in range({_LINES}):
    log.info("line", extra={{"number": number, "padding": "x" * 400}})
print("done", flush=True)
sys.stdin.read()
log.info("last")
flush_logs()
"""


@pytest.fixture
def program() -> "subprocess.Popen[bytes]":
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", _PROGRAM]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)  # noqa: S603 - our own


def test_lost_lines_are_counted_when_the_reader_comes_back(
    program: "subprocess.Popen[bytes]",
) -> None:
    assert program.stdout is not None
    assert program.stderr is not None
    assert program.stdout.readline() == b"done\n", "the program must not wait for the reader"
    log: list[dict[str, Any]] = []
    # Read until the queue has room, so that the last line is not lost, too.
    while not log or log[-1]["event"] != "log lines lost":
        log.append(json.loads(program.stderr.readline()))
    _, rest = program.communicate(timeout=60)
    numbers = [line["number"] for line in log[:-1]]
    assert numbers == list(range(len(numbers))), "the written lines must be in order"
    assert len(numbers) + log[-1]["count"] == _LINES
    assert [json.loads(line)["event"] for line in rest.splitlines()] == ["last"]


def test_a_program_ends_although_nobody_reads_its_log(program: "subprocess.Popen[bytes]") -> None:
    assert program.stdout is not None
    assert program.stdin is not None
    assert program.stdout.readline() == b"done\n"
    program.stdin.close()
    began_at = time.monotonic()
    assert program.wait(timeout=60) == 0
    assert time.monotonic() - began_at < 10
    assert program.stderr is not None
    program.stderr.close()
    program.stdout.close()


def test_no_line_is_lost_if_another_process_has_made_the_pipe_non_blocking() -> None:
    count = 2_000  # more than the pipe holds, and less than may wait
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-c", _PROGRAM.replace(str(_LINES), str(count))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=write_end,
    )
    os.close(write_end)
    assert process.stdout is not None
    assert process.stdout.readline() == b"done\n"
    with os.fdopen(read_end, "rb") as log:
        lines = [json.loads(line) for line in log]
    process.communicate(timeout=60)
    assert [line.get("number") for line in lines] == [*range(count), None]


_SHARING = """
import logging, os, sys
from runtime.logs import flush_logs, set_up_logs
set_up_logs("INFO", worker=int(sys.argv[1]), turns=int(sys.argv[2]))
log = logging.getLogger("test")
for number in range(300):
    log.info("line", extra={"number": number, "padding": "x" * 12_000})
flush_logs()
"""


def test_lines_of_processes_with_one_log_are_whole() -> None:
    turns = os.memfd_create("turns")
    read_end, write_end = os.pipe()
    processes = [
        subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-c", _SHARING, str(worker), str(turns)],
            stderr=write_end,
            pass_fds=(turns,),
        )
        for worker in (1, 2)
    ]
    os.close(write_end)
    os.close(turns)
    with os.fdopen(read_end, "rb") as log:
        lines = [json.loads(line) for line in log]
    assert [process.wait() for process in processes] == [0, 0]
    numbers: dict[int, list[int]] = {worker: [] for worker in (1, 2)}
    for line in lines:
        numbers[line["worker"]].append(line["number"])
    assert numbers == {worker: list(range(300)) for worker in (1, 2)}
