"""What has expired is decided by the program's clock, which follows MongoDB's clock."""

from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from producer_api.contract.token_verifier import Identity
from producer_api.identity.bearer import Bearer
from producer_api.inbox.counts.rules import Counts, Tally
from producer_api.inbox.lists import Page
from producer_api.routes.delivery_status import delivery_status_router
from producer_api.routes.inbox import inbox_router
from tests.producer_api.documents import document

#: The clock of the host is years away from this.
_NOW = datetime(2001, 1, 1, tzinfo=UTC)
_EXPIRED = document(expires_at=_NOW)
_PENDING = document(expires_at=datetime(2001, 1, 2, tzinfo=UTC))


class _Parts:
    """Stands in for the token check, the lists and the notifications."""

    def __init__(self) -> None:
        self.asked_at: list[datetime] = []

    async def anyone(self) -> Identity:
        return Identity("ana", frozenset(), 0.0)

    service = anyone

    async def inbox(self, *_: object, now: datetime, **_options: object) -> tuple[Page, Tally]:
        self.asked_at.append(now)
        return Page([], None), Tally(Counts(0, 0), 0)

    async def sent(self, *_: object, now: datetime, **_options: object) -> Page:
        self.asked_at.append(now)
        return Page([_EXPIRED, _PENDING], None)

    async def find(self, _: str) -> Any:
        return _EXPIRED


@pytest.fixture
def parts() -> _Parts:
    return _Parts()


async def _get(parts: _Parts, path: str) -> Any:
    part, bearer, app = cast("Any", parts), cast("Bearer", parts), FastAPI()
    app.include_router(delivery_status_router(part, part, bearer, lambda: _NOW))
    app.include_router(inbox_router(part, part, part, bearer, lambda: _NOW))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a") as client:
        answer = await client.get(f"/v1{path}")
    assert answer.status_code == 200
    return answer.json()


async def test_a_list_leaves_out_what_has_expired_by_this_clock(parts: _Parts) -> None:
    await _get(parts, "/users/me/notifications")
    assert parts.asked_at == [_NOW]


async def test_a_status_is_the_one_of_this_clock(parts: _Parts) -> None:
    sent = await _get(parts, "/notifications?user_id=ana")
    assert [item["status"] for item in sent["items"]] == ["expired", "pending"]
    assert parts.asked_at == [_NOW]
    assert (await _get(parts, f"/notifications/{_EXPIRED['_id']}"))["status"] == "expired"
