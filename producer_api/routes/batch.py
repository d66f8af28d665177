"""The items of a batch: each is checked by itself, as a create of its own is."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from producer_api.contract.notification import NewNotification
from producer_api.intake.outcomes import FieldFinding, NotValidError, Wanted
from producer_api.problems.fields import field_errors

_SLICE = 50
_FINDINGS_LIMIT = 20


async def checked(items: Sequence[Any], limit_bytes: int) -> list[Wanted]:
    """The items, or why they are none. Others have their turn between slices of them."""
    wanted: list[Wanted] = []
    for index, item in enumerate(items):
        if index % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        wanted.append(_checked(index, item, limit_bytes))
    return wanted


def _checked(index: int, item: Any, limit_bytes: int) -> Wanted:
    place = f"notifications.{index}"
    try:
        if len(orjson.dumps(item)) > limit_bytes:
            message = f"must be at most {limit_bytes} bytes as JSON"
            return NotValidError([FieldFinding(place, message)])
        return NewNotification.model_validate(item)
    except TypeError:
        return NotValidError([FieldFinding(place, "is nested too deeply")])
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return NotValidError(
            [
                FieldFinding(f"{place}.{each.field}".rstrip("."), each.message)
                for each in field_errors(found[:_FINDINGS_LIMIT])
            ]
        )
