"""Splits the JSON of a batch into its items, without parsing it as a whole.

Parsing 8 MiB at once could hold the interpreter's lock for seconds, because some JSON makes
millions of objects. Each step here is short, whatever the JSON contains.

Small items are returned in runs, because checking a whole run takes a third of the time of checking
its items one by one.
"""

import itertools
import json
import re
from collections.abc import Generator, Iterator
from enum import Enum, auto

from producer_api.requests.batch_run import RUN_CHARACTERS, Run, run_at

_SPACE = r"[ \t\n\r]*"
_BEGIN = re.compile(rf'{_SPACE}\{{{_SPACE}"notifications"{_SPACE}:{_SPACE}\[{_SPACE}(?!\])')
_BETWEEN = re.compile(rf"{_SPACE}([,\]]){_SPACE}")
_END = re.compile(rf"\}}{_SPACE}")
_SCALAR = re.compile(r"[^,\[\]{}\"]*")
#: A string, or a bracket. A string without an end is also one token. Otherwise, the search would
#: begin again at each quotation mark in this string. Of a string with very many escapes, only the
#: beginning is a token.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+){0,100000}+"?|[\[\]{}]', re.DOTALL)
_TOKENS_PER_STEP = 2_000
#: How many tokens of too large items are read in one batch, to find the items that follow them.
_MAX_TOKENS = 200_000
#: Most items have fewer characters. The search for the end of an item first copies only this many.
_USUAL_CHARACTERS = 4 * 1024
#: JSON that is nested more deeply is not split.
_MAX_DEPTH = 1_024
# Keep integers as text: converting one with very many digits takes long.
_decode = json.JSONDecoder(parse_int=str, strict=False).raw_decode


class UnexpectedShapeError(Exception):
    """The text does not begin or continue like the JSON of a batch with items."""


class NoItem(Enum):
    """A step that found no item."""

    UNDER_WAY = auto()
    """The end of an item is not found yet."""
    TOO_LARGE = auto()
    """An item has too many characters. It may not even be valid JSON."""
    TOO_DEEP = auto()
    """An item is nested too deeply. Only callers that parse the whole batch report this step."""


def split_run(run: Run, max_characters: int) -> Iterator[str | Run | NoItem]:
    """Yield the text of each item of the run, and a `NoItem` where a step finds no item."""
    return split_batch(f'{{"notifications":[{run.text}]}}', max_characters, runs=False)


def split_batch(
    text: str, max_characters: int, *, runs: bool = True
) -> Iterator[str | Run | NoItem]:
    """Yield the text of an item, a run of items, or a `NoItem`, after each step through the text.

    The text of an item may not be valid JSON. Yields runs only if `runs` is set. The items of a run
    may be larger than `max_characters`.
    Raises `UnexpectedShapeError` if the text is not the object of a batch with a list of items, or
    if some are far too large.
    """
    tokens = itertools.count()
    begin = _BEGIN.match(text)
    if begin is None:
        raise UnexpectedShapeError
    position = runs_from = begin.end()
    while True:
        run = run_at(text, position) if runs and position >= runs_from else None
        if run is not None:
            yield run
            end = position + len(run.text)
        else:
            if position >= runs_from:  # no run begins here, so look for the next one further on
                runs_from = position + RUN_CHARACTERS
            end = yield from _item(text, position, max_characters, tokens)
        after = _BETWEEN.match(text, end)
        if after is None:
            raise UnexpectedShapeError
        position = after.end()
        if after[1] == "]":
            break
    if _END.fullmatch(text, position) is None:
        raise UnexpectedShapeError


def _item(
    text: str, position: int, max_characters: int, tokens: Iterator[int]
) -> Generator[str | NoItem, None, int]:
    """Yield the item at this position, and return its end."""
    end = _end_within(text, position, max_characters)
    if end is None:
        for found in _ends_beyond(text, position, tokens):
            end = found
            yield NoItem.UNDER_WAY
        assert end is not None  # noqa: S101 - for the type checker
    is_small = end - position <= max_characters
    yield text[position:end] if is_small else NoItem.TOO_LARGE
    return end


def _end_within(text: str, position: int, max_characters: int) -> int | None:
    """Return the end of the item at this position; None if it is too large or not valid."""
    for most in (min(_USUAL_CHARACTERS, max_characters), max_characters):
        window = text[position : position + most + 1]
        if len(window) > most and window[0] not in '"[{':
            continue  # for example, a number may continue beyond the window
        try:
            _, length = _decode(window)
        except (ValueError, RecursionError):
            continue
        return position + length
    return None


def _ends_beyond(text: str, position: int, tokens: Iterator[int]) -> Iterator[int]:
    """Search for the item's end. Yield the position after each step; the last one is the end.

    Raises `UnexpectedShapeError` if the item has no end, or too many tokens.
    """
    scalar = _SCALAR.match(text, position)
    if scalar is not None and scalar.end() > position:
        yield scalar.end()
        return
    depth = 0
    for token, count in zip(_TOKEN.finditer(text, position), tokens, strict=False):
        depth += _depth_change(token[0])
        if depth <= 0:
            yield token.end()
            return
        if depth > _MAX_DEPTH or count > _MAX_TOKENS:
            break
        if count % _TOKENS_PER_STEP == 0:
            yield token.end()
    raise UnexpectedShapeError


def _depth_change(piece: str) -> int:
    if piece in "[{":
        return 1
    if piece in "]}":
        return -1
    if len(piece) == 1 or piece[-1] != '"':
        raise UnexpectedShapeError  # a string without an end
    return 0
