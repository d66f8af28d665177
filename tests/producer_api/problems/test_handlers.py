"""Every failure is answered with its problem document."""

import httpx
import pytest
from fastapi import FastAPI

from producer_api.inbox.changes.exclusive import InboxBusyError
from producer_api.intake.outcomes import CreateFailedError, InProgressError, RepeatedError
from producer_api.mongodb.transactions import CommitUnknownError
from producer_api.problems.handlers import add_problem_handlers
from producer_api.problems.problem_of_exception import FAILURES


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (InboxBusyError("x"), 503, "unavailable"),
        (CommitUnknownError("x"), 503, "outcome-unknown"),
        (InProgressError("x"), 409, "in-progress"),
    ],
)
async def test_failure_that_may_be_retried_has_its_problem_and_retry_after(
    error: Exception, status: int, slug: str
) -> None:
    api = FastAPI()
    add_problem_handlers(api)

    @api.get("/")
    async def fails() -> None:
        raise error

    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        answer = await client.get("/")
    assert (answer.status_code, "retry-after" in answer.headers) == (status, True)
    assert answer.json()["type"] == f"urn:notifications:problem:{slug}"


def test_every_failure_of_a_create_has_a_problem() -> None:
    # A repeated request gets the first answer, so no caller sees this error.
    failures = set(CreateFailedError.__subclasses__()) - {RepeatedError}
    assert failures <= set(FAILURES)
