"""Checks each item of a batch on its own, by the rules of a single create."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson

from producer_api.contract.notification import NewNotification
from producer_api.intake.outcomes import FieldFinding, NotValidError, RequestItem
from producer_api.problems.fields import MAX_ERRORS
from producer_api.requests.validation import InvalidFieldsError, validated

#: Items checked before other tasks may run. Checking them blocks the event loop for a few ms.
_SLICE = 50
#: Findings reported in all, at most, if each invalid item has one. This keeps the answer small.
_MAX_FINDINGS = 200


async def check_items(items: Sequence[Any], limit_bytes: int) -> list[RequestItem]:
    """Return, for each item, the notification to create or the error that says what is wrong.

    Each item may have up to `limit_bytes` bytes as JSON. Other tasks run after each slice.
    """
    results: list[RequestItem] = []
    room = _MAX_FINDINGS
    for index, item in enumerate(items):
        if index % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        result = _check(index, item, limit_bytes, max(1, min(MAX_ERRORS, room)))
        if isinstance(result, NotValidError):
            room -= len(result.findings)
        results.append(result)
    return results


def _check(index: int, item: Any, limit_bytes: int, max_findings: int) -> RequestItem:
    place = f"notifications.{index}"
    try:
        if len(orjson.dumps(item)) > limit_bytes:
            message = f"must have at most {limit_bytes} bytes as JSON"
            return NotValidError([FieldFinding(place, message)])
        return validated(NewNotification, item, max_findings)
    except TypeError:  # orjson parses deeper nesting than it writes
        return NotValidError([FieldFinding(place, "is nested too deeply")])
    except InvalidFieldsError as error:
        return NotValidError(
            [
                FieldFinding(f"{place}.{finding.field}".rstrip("."), finding.message)
                for finding in error.errors
            ]
        )
