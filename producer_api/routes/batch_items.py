"""Checking the items of a batch, each on its own, by the rules of a single create."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from producer_api.contract.notification import NewNotification
from producer_api.intake.outcomes import FieldFinding, NotValidError, Wanted
from producer_api.problems.fields import field_errors

#: Items that are checked in one go: a few milliseconds in which no other request is served.
_SLICE = 50
#: Findings that are reported for one item, so that the answer to a bad batch stays small.
_FINDINGS_LIMIT = 20


async def check_items(items: Sequence[Any], limit_bytes: int) -> list[Wanted]:
    """Return each item as a notification to create, or as the error that tells what is wrong.

    An item may have up to `limit_bytes` as JSON. Lets other tasks run after each slice of items.
    """
    wanted: list[Wanted] = []
    for index, item in enumerate(items):
        if index % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        wanted.append(_check(index, item, limit_bytes))
    return wanted


def _check(index: int, item: Any, limit_bytes: int) -> Wanted:
    place = f"notifications.{index}"
    try:
        if len(orjson.dumps(item)) > limit_bytes:
            message = f"must have at most {limit_bytes} bytes as JSON"
            return NotValidError([FieldFinding(place, message)])
        return NewNotification.model_validate(item)
    except TypeError:  # orjson reads deeper JSON than it writes
        return NotValidError([FieldFinding(place, "is nested too deeply")])
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return NotValidError(
            [
                FieldFinding(f"{place}.{wrong.field}".rstrip("."), wrong.message)
                for wrong in field_errors(found[:_FINDINGS_LIMIT])
            ]
        )
