"""The items of a batch are checked one by one."""

import asyncio

from producer_api.contract.notification import NewNotification
from producer_api.intake.outcomes import FieldFinding, NotValidError
from producer_api.routes.batch_items import check_items


async def test_other_tasks_run_between_slices_of_a_batch() -> None:
    runs = 0

    async def other() -> None:
        nonlocal runs
        while True:
            runs += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(other())
    try:
        items = await check_items([{"user_id": "ana", "type": "t", "title": "x"}] * 1000, 1000)
    finally:
        running.cancel()
    assert runs >= 20
    assert all(isinstance(item, NewNotification) for item in items)


async def test_item_has_the_size_limit_of_a_single_create() -> None:
    item = {"user_id": "ana", "type": "t", "title": "x"}
    size = len(b'{"user_id":"ana","type":"t","title":"x"}')
    [fits] = await check_items([item], size)
    assert isinstance(fits, NewNotification)
    [too_large] = await check_items([item], size - 1)
    assert isinstance(too_large, NotValidError)
    assert [finding.field for finding in too_large.findings] == ["notifications.0"]


async def test_a_batch_of_invalid_items_is_answered_briefly() -> None:
    item = {f"field-{number}": 1 for number in range(500)}
    results = await check_items([item] * 1_000 + [{}], 64 * 1024)
    findings = [result.findings for result in results if isinstance(result, NotValidError)]
    assert len(findings) == 1_001, "each item must have a result"
    assert [len(some) for some in findings[:12]] == [20] * 10 + [1, 1]
    assert [finding.field for finding in findings[-1]] == ["notifications.1000.user_id"]
    assert findings[0][-1] == FieldFinding("notifications.0", "and 481 more errors")
    assert findings[11] == [
        FieldFinding("notifications.11.field-0", "Extra inputs are not permitted")
    ]
