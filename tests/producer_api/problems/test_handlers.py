"""Failures of marking, and the problems they are answered with."""

import httpx
import pytest
from fastapi import FastAPI

from producer_api.inbox.changes.exclusive import InboxBusyError
from producer_api.mongodb.transactions import CommitUnknownError
from producer_api.problems.handlers import answer_failures


@pytest.mark.parametrize(
    ("error", "slug"),
    [(InboxBusyError("x"), "unavailable"), (CommitUnknownError("x"), "outcome-unknown")],
)
async def test_503_and_when_to_come_again(error: Exception, slug: str) -> None:
    api = FastAPI()
    answer_failures(api)

    @api.get("/")
    async def fails() -> None:
        raise error

    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        answer = await client.get("/")
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert answer.json()["type"] == f"urn:notifications:problem:{slug}"
