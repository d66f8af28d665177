"""Checks the items of a batch, each on its own, by the rules of a single create."""

import time
from collections.abc import Iterator
from typing import Any, cast

import orjson

from producer_api.contract.notification import NewNotification
from producer_api.idempotency.core.keys import Fingerprint
from producer_api.intake.outcomes import FieldFinding, NotValidError, RequestItem
from producer_api.problems.body_errors import BodyRefusedError
from producer_api.problems.fields import MAX_ERRORS, FieldError
from producer_api.requests import exact_json
from producer_api.requests.batch_run import Run
from producer_api.requests.check_turns import CheckTurns
from producer_api.requests.exact_json import InexactError
from producer_api.requests.json_body import parse_json
from producer_api.requests.split_batch import NoItem, UnexpectedShapeError, split_batch, split_run
from producer_api.requests.validation import InvalidFieldsError, validated
from producer_api.routes.checked_run import checked_run
from producer_api.routes.shapes import WantedBatch

MAX_ITEMS = 1_000
#: How many findings an answer lists in all, so that it stays small. After these, it lists only one
#: for each invalid item.
_MAX_FINDINGS = 200
#: A body that cannot be split into items is parsed as a whole if it has at most this size, so that
#: the error can say what is wrong.
_PARSED_BYTES = 1024 * 1024
#: The canonical JSON of a batch begins with this.
_BEGIN = b'{"notifications":['
#: How long items are checked before other tasks get a turn.
_SLICE_SECONDS = 0.003


class BatchItems:
    """Checks the items of one batch, in slices. Owns the results so far.

    Each item may have up to `limit_bytes` bytes as JSON without spaces, and up to twice as many
    characters in the body.
    Feeds the canonical JSON of the batch, which is the same for equal batches, to the fingerprint.
    """

    def __init__(self, body: bytes, limit_bytes: int, fingerprint: Fingerprint) -> None:
        self._body = body
        self._limit_bytes = limit_bytes
        self._fingerprint = fingerprint
        self._room = _MAX_FINDINGS
        self._is_canonical = True
        self.results: list[RequestItem] = []
        """For each item, the notification to create, or the error that says what is wrong."""

    async def check(self, turns: CheckTurns) -> None:
        """Check all items. Raises `BodyRefusedError` if the body is no batch."""
        steps = self._steps()
        is_over = False
        while not is_over:
            async with turns.turn(len(self._body)):
                end = time.monotonic() + _SLICE_SECONDS
                while not is_over and time.monotonic() < end:
                    is_over = next(steps, True) is True

    def _steps(self) -> Iterator[None]:
        self._fingerprint.update(_BEGIN)
        try:
            for step in split_batch(self._body.decode(), 2 * self._limit_bytes):
                yield from self._take(step)
        except (UnexpectedShapeError, orjson.JSONDecodeError, UnicodeDecodeError) as error:
            yield from self._add_parsed(self._parsed(error))
        self._fingerprint.update(b"]}")
        if not self._is_canonical:
            self._fingerprint.restart(self._body)

    def _take(self, step: str | Run | NoItem) -> Iterator[None]:
        if isinstance(step, Run):
            if not self._add_run(step):
                for item in split_run(step, 2 * self._limit_bytes):
                    yield from self._take(item)
        elif step is not NoItem.UNDER_WAY:
            self._add(step)
        yield

    def _add_run(self, run: Run) -> bool:
        """Add the items of the run, if all are valid. Return whether they were added."""
        if len(self.results) + len(run.values) > MAX_ITEMS:
            return False
        checked = checked_run(run, self._limit_bytes)
        if checked is None:
            return False
        self._fingerprint.update(b"," * bool(self.results) + checked.canonical)
        self.results += map(with_json_data, checked.notifications)
        return True

    def _parsed(self, error: ValueError | UnexpectedShapeError) -> list[Any]:
        """Return the items of a body that is a batch, but is written in an odd way.

        For example, the name `notifications` is written with escapes, or an item is far too large.
        Raises `BodyRefusedError` for a very large body. Also raises it, with all details, for a
        body that is not a batch.
        """
        if len(self._body) > _PARSED_BYTES:
            message = (
                'must be valid JSON: {"notifications": [...]}, with at least one item, '
                f"and none far beyond {self._limit_bytes} bytes"
            )
            errors = [FieldError(field="", message=message)]
            raise BodyRefusedError("invalid", message, errors) from error
        return parse_json(self._body, WantedBatch).notifications

    def _add_parsed(self, items: list[Any]) -> Iterator[None]:
        # Begin with the first item again, without results: the items before the odd one are among
        # the results already, and would be created twice.
        self.results.clear()
        self._room = _MAX_FINDINGS
        self._is_canonical = True
        self._fingerprint.restart(_BEGIN)
        for item in items:
            try:
                text = orjson.dumps(item).decode()
            except orjson.JSONEncodeError:  # orjson parses deeper nesting than it writes
                self._add(NoItem.TOO_DEEP)
            else:
                self._add(text)
            yield

    def _add(self, item: str | NoItem) -> None:
        index = len(self.results)
        if index == MAX_ITEMS:
            field, message = "notifications", f"must have at most {MAX_ITEMS} items"
            raise BodyRefusedError("invalid", message, [FieldError(field=field, message=message)])
        result = self._checked(f"notifications.{index}", item)
        if isinstance(result, NotValidError):
            self._room -= len(result.findings)
        self.results.append(result)

    def _checked(self, place: str, item: str | NoItem) -> RequestItem:
        if isinstance(item, NoItem):
            self._is_canonical = False
            return _too_deep(place) if item is NoItem.TOO_DEEP else self._too_large(place)
        text = item.encode()
        try:
            value = exact_json.parse(text)
            canonical = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
            self._fingerprint.update(b"," * bool(self.results) + canonical)
            if len(canonical) > self._limit_bytes:
                return self._too_large(place)
            limit = max(1, min(MAX_ERRORS, self._room))
            notification = validated(NewNotification, value, limit)
            exact_json.check(text, value)
        except orjson.JSONEncodeError:  # orjson parses deeper nesting than it writes
            self._is_canonical = False
            return _too_deep(place)
        except InvalidFieldsError as error:
            return NotValidError(
                [
                    FieldFinding(f"{place}.{finding.field}".rstrip("."), finding.message)
                    for finding in error.errors
                ]
            )
        except InexactError as error:
            self._is_canonical = False
            return NotValidError([FieldFinding(f"{place}.{error.field}".rstrip("."), str(error))])
        return with_json_data(notification)

    def _too_large(self, place: str) -> NotValidError:
        return NotValidError(
            [FieldFinding(place, f"must have at most {self._limit_bytes} bytes as JSON")]
        )


def with_json_data(notification: NewNotification) -> NewNotification:
    """Keep `data` only as JSON text, which orjson copies unchanged.

    The parsed values of a whole batch may be millions of objects, and the garbage collector would
    stop the event loop while it scans them. Many requests may wait for MongoDB at the same time,
    and the parsed values of 16 KiB may take 380 KB.
    """
    data = orjson.Fragment(orjson.dumps(notification.data))
    notification.data = cast("dict[str, Any]", data)
    return notification


def _too_deep(place: str) -> NotValidError:
    return NotValidError([FieldFinding(place, "is nested too deeply")])
