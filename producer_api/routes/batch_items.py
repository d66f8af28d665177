"""Checks each item of a batch on its own, by the rules of a single create."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from producer_api.contract.notification import NewNotification
from producer_api.intake.outcomes import FieldFinding, NotValidError, RequestItem
from producer_api.problems.fields import field_errors

#: Items checked without a break: a few milliseconds in which no other request is served.
_SLICE = 50
#: The most findings reported for one item, so that the answer to an invalid batch stays small.
_FINDINGS_LIMIT = 20


async def check_items(items: Sequence[Any], limit_bytes: int) -> list[RequestItem]:
    """Return each item as a notification to create, or as the error that says what is wrong.

    An item may have up to `limit_bytes` as JSON. Other tasks run after each slice of items.
    """
    checked: list[RequestItem] = []
    for index, item in enumerate(items):
        if index % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        checked.append(_check(index, item, limit_bytes))
    return checked


def _check(index: int, item: Any, limit_bytes: int) -> RequestItem:
    place = f"notifications.{index}"
    try:
        if len(orjson.dumps(item)) > limit_bytes:
            message = f"must have at most {limit_bytes} bytes as JSON"
            return NotValidError([FieldFinding(place, message)])
        return NewNotification.model_validate(item)
    except TypeError:  # orjson reads deeper JSON than it writes
        return NotValidError([FieldFinding(place, "is nested too deeply")])
    except ValidationError as error:
        findings = error.errors(include_url=False, include_context=False, include_input=False)
        return NotValidError(
            [
                FieldFinding(f"{place}.{error.field}".rstrip("."), error.message)
                for error in field_errors(findings[:_FINDINGS_LIMIT])
            ]
        )
