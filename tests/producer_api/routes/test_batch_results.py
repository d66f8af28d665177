"""The answer to a batch with many problems."""

import orjson
import pytest
from fastapi import Request

from producer_api.intake.outcomes import CreateOutcome, GoneError
from producer_api.routes.batch_results import results_json
from runtime import slices
from tests.producer_api.turns import turns_of


async def test_other_tasks_run_while_many_problems_are_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    request = Request({"type": "http", "path": "/v1/notifications/batch", "headers": []})
    outcomes: list[CreateOutcome] = [GoneError("gone")] * 20
    turns, content = await turns_of(results_json(request, outcomes))
    assert [each["index"] for each in orjson.loads(content)["results"]] == list(range(20))
    assert turns >= len(outcomes)
