"""Writes the output of the parts to files, and warnings also to the terminal."""

import json
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

_SHOWN_LEVELS = frozenset({"warning", "error", "critical"})
_NAME_WIDTH = 13


def say(line: str) -> None:
    """Print a line and flush. Ignore a closed terminal: the stack must still stop in order."""
    with suppress(OSError):
        print(line, flush=True)


class PartLogs:
    """Owns the open log files, one per part. Keeps the previous run's file as `<part>.log.1`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = ExitStack()

    def __enter__(self) -> "PartLogs":
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # closing also writes, see `sink`
            self._files.close()

    def sink(self, part: str, *, shown: bool = True) -> Callable[[str], None]:
        """Return a function that writes this part's lines, and prints its warnings if `shown`.

        It leaves out lines that the disk has no room for.
        """
        path = self._folder / f"{part}.log"
        if path.exists():
            path.replace(self._folder / f"{part}.log.1")
        file = self._files.enter_context(path.open("w", buffering=1))

        def write(line: str) -> None:
            # After an error, nobody would read the part's output any more, and the part would hang
            # once its pipe is full.
            with suppress(OSError):
                file.write(line + "\n")
            if shown and (short := _shown_form(line)):
                say(f"{part:<{_NAME_WIDTH}} | {short}")

        return write


def _shown_form(line: str) -> str:
    """Return the line's short form for the terminal, or "" if it goes only to the file."""
    try:
        entry = json.loads(line)
        level, event = entry["level"], entry["event"]
    except (ValueError, TypeError, KeyError):
        # Not a log event: a traceback, or output before logging was set up.
        return _printable(line.expandtabs())
    return _printable(f"{level}: {event}") if level in _SHOWN_LEVELS else ""


def _printable(text: str) -> str:
    """Return the text without characters that could change what the terminal shows."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
