"""`python -m deploy.local.scale N`: set the number of delivery instances of the running stack."""

import os
import socket
import sys
from pathlib import Path

from deploy.local import control
from deploy.local.settings import MAX_INSTANCES, load_local
from runtime.settings import EXIT_BAD_SETTINGS

_EXIT_FAILED = 1
_COUNTS = frozenset(map(str, range(1, MAX_INSTANCES + 1)))
#: The longest wait for a line of the answer. An instance may take 45 s to become ready, and an
#: earlier request may still be in progress.
_ANSWER_SECONDS = 120.0


def main(arguments: list[str]) -> int:
    """Ask the running stack for this number of instances, and print each step."""
    match arguments:
        case [count] if count in _COUNTS:
            pass
        case _:
            sys.stderr.write(f"usage: make scale N=3  (from 1 to {MAX_INSTANCES})\n")
            return EXIT_BAD_SETTINGS
    try:
        return _ask(load_local().local_data, count)
    except OSError as error:
        sys.stderr.write(f"cannot scale: the stack does not answer: {error}\n")
        return _EXIT_FAILED


def _ask(data: Path, count: str) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ANSWER_SECONDS)
        try:
            os.chdir(data)
            connection.connect(str(control.SOCKET))
        except (FileNotFoundError, ConnectionRefusedError):
            sys.stderr.write(
                f"cannot scale: no stack that uses {data} is ready; start `make run`\n"
            )
            return _EXIT_FAILED
        connection.sendall(f"{count}\n".encode())
        return _print_answer(connection)


def _print_answer(connection: socket.socket) -> int:
    with connection.makefile() as answer:
        for line in answer:
            match line.rstrip("\n"):
                case control.DONE:
                    return 0
                case control.FAILED:
                    return _EXIT_FAILED
                case step:
                    print(step, flush=True)
    sys.stderr.write("cannot scale: the stack was stopped\n")
    return _EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
