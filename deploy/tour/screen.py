"""What the tour prints, and which of its checks have failed."""

import textwrap
from collections.abc import Callable

from deploy.local.part_logs import say
from deploy.tour.words import Words

_WIDTH = 96
_INDENT = "     "


class Screen:
    """Owns the count of checks that failed."""

    def __init__(self, words: Words, write: Callable[[str], None] = say) -> None:
        self.words = words
        self.failed = 0
        self._write = write

    def say(self, key: str, **values: object) -> None:
        """Print a paragraph."""
        text = self.words.text(key, **values)
        self._write(textwrap.fill(text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT))

    def heading(self, key: str, number: int, count: int) -> None:
        """Print the title of a step."""
        self._write(f"\n{number}/{count}  {self.words.text(key)}")

    def line(self, key: str, **values: object) -> None:
        """Print a line that is not part of a step."""
        self._write(self.words.text(key, **values))

    def check(self, key: str, holds: object, **values: object) -> None:
        """Print a claim with ✓, or with ✗ if it does not hold."""
        self.failed += not holds
        self._write(f"   {'✓' if holds else '✗'} {self.words.text(key, **values)}")
