"""Finds runs of items in the JSON of a batch: many small items, parsed together."""

import re
from typing import Any, NamedTuple

import orjson

#: A run has at least this many characters, unless it is the last, and less than twice as many.
#: Parsing any JSON of this size takes only a short time.
RUN_CHARACTERS = 16 * 1024
#: Where an item may end. A match may also be the end of an object in an item, or text in a string.
_MAY_END = re.compile(r"\}(?=[ \t\n\r]*,[ \t\n\r]*\{)")
#: How many of these places are tried.
_TRIES = 3


class Run(NamedTuple):
    """Several items in a row. All are valid JSON."""

    text: str
    """The items, and the commas between them."""
    values: list[Any]
    """The parsed items."""


def run_at(text: str, position: int) -> Run | None:
    """Return the run that begins at this position of the JSON of a list; None if there is none.

    Guesses where an item ends. The guess is right if the text up to there is valid as the content
    of a list, because then no string and no bracket is still open.
    """
    if len(text) - position <= 2 * RUN_CHARACTERS:
        return _run(text[position : text.rfind("]", position)])
    begin = position + RUN_CHARACTERS
    for _ in range(_TRIES):
        found = _MAY_END.search(text, begin, position + 2 * RUN_CHARACTERS)
        if found is None:
            break
        begin = found.end()
        if (run := _run(text[position:begin])) is not None:
            return run
    return None


def _run(text: str) -> Run | None:
    try:
        values = orjson.loads(f"[{text}]")
    except orjson.JSONDecodeError:
        return None
    return Run(text, values) if values else None
