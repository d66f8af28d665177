"""What the parts print: all of it in files, and on the terminal only what may need a person."""

import json
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

_WORTH_SHOWING = frozenset({"warning", "error", "critical"})
_NAME_WIDTH = 13


def say(line: str) -> None:
    """Print a line at once; a terminal that is gone must not end the stack out of order."""
    with suppress(OSError):
        print(line, flush=True)


class PartLogs:
    """Owns the open log files, one for each part; the run before is kept as `<part>.log.1`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = ExitStack()

    def __enter__(self) -> "PartLogs":
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def sink(self, part: str, *, shown: bool = True) -> Callable[[str], None]:
        """Takes the lines of this part; with `shown`, its warnings are shown as well."""
        path = self._folder / f"{part}.log"
        if path.exists():
            path.replace(self._folder / f"{part}.log.1")
        file = self._files.enter_context(path.open("w", buffering=1))

        def take(line: str) -> None:
            file.write(line + "\n")
            if shown and (told := _worth_telling(line)):
                say(f"{part:<{_NAME_WIDTH}} | {told}")

        return take


def _worth_telling(line: str) -> str:
    """The line for a person, short; empty when it may stay in the file."""
    try:
        entry = json.loads(line)
        level, event = entry["level"], entry["event"]
    except (ValueError, TypeError, KeyError):
        return line  # no log line but a traceback, or a word before logs were set up
    return f"{level}: {event}" if level in _WORTH_SHOWING else ""
