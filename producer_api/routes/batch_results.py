"""The answer to a batch: one result for each notification, in order."""

from collections.abc import Sequence

import orjson
from fastapi import Request

from producer_api.intake.outcomes import Created, CreateOutcome, NotValidError
from producer_api.problems.documents import problem_members
from producer_api.problems.fields import FieldError
from producer_api.problems.problem_of_exception import slug_of
from runtime.slices import Slices


async def results_json(request: Request, outcomes: Sequence[CreateOutcome]) -> bytes:
    """Return the answer as JSON. Copies the created notifications, which are JSON already."""
    results: list[bytes] = []
    slices = Slices()
    for index, outcome in enumerate(outcomes):
        results.append(_result(request, index, outcome))
        await slices.step()
    return b'{"results":[' + b",".join(results) + b"]}"


def _result(request: Request, index: int, outcome: CreateOutcome) -> bytes:
    if isinstance(outcome, Created):
        return b'{"index":%d,"status":201,"notification":%b}' % (index, outcome.answer)
    errors = None
    if isinstance(outcome, NotValidError):
        errors = [FieldError(field=field, message=message) for field, message in outcome.findings]
    # Name the item in the detail, because a caller may log only the problem. The findings of an
    # invalid item already name it.
    detail = f"notifications.{index}: {outcome}" if errors is None else str(outcome)
    problem = problem_members(request, slug_of(outcome), detail, errors=errors)
    return orjson.dumps({"index": index, "status": problem["status"], "problem": problem})
