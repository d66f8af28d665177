"""Checks each item of a batch on its own, by the rules of a single create."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from producer_api.contract.notification import NewNotification
from producer_api.intake.outcomes import FieldFinding, NotValidError, RequestItem
from producer_api.problems.fields import field_errors

#: Items checked before other tasks may run. Checking them blocks the event loop for a few ms.
_SLICE = 50
#: Findings reported per item, at most. This keeps the answer to an invalid batch small.
_FINDINGS_LIMIT = 20


async def check_items(items: Sequence[Any], limit_bytes: int) -> list[RequestItem]:
    """Return, for each item, the notification to create or the error that says what is wrong.

    Each item may have up to `limit_bytes` bytes as JSON. Other tasks run after each slice.
    """
    results: list[RequestItem] = []
    for index, item in enumerate(items):
        if index % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        results.append(_check(index, item, limit_bytes))
    return results


def _check(index: int, item: Any, limit_bytes: int) -> RequestItem:
    place = f"notifications.{index}"
    try:
        if len(orjson.dumps(item)) > limit_bytes:
            message = f"must have at most {limit_bytes} bytes as JSON"
            return NotValidError([FieldFinding(place, message)])
        return NewNotification.model_validate(item)
    except TypeError:  # orjson parses deeper nesting than it writes
        return NotValidError([FieldFinding(place, "is nested too deeply")])
    except ValidationError as error:
        findings = error.errors(include_url=False, include_context=False, include_input=False)
        return NotValidError(
            [
                FieldFinding(f"{place}.{error.field}".rstrip("."), error.message)
                for error in field_errors(findings[:_FINDINGS_LIMIT])
            ]
        )
