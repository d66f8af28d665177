"""Ending a user's sessions: what is stored, and when each producer refuses the tokens."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from bson.datetime_ms import DatetimeMS
from motor.motor_asyncio import AsyncIOMotorClient

from producer_api.contract.revocations import COLLECTION, Revocations, RevocationsUnknownError
from producer_api.contract.settings import SharedSettings
from producer_api.contract.stored import TOLERANT
from producer_api.contract.token_errors import TokenRefusedError
from producer_api.contract.token_verifier import Identity
from producer_api.identity.session_ending import SessionEnding
from tests.integration.producer_api.api import Api
from tests.services.program import Program
from tests.services.tokens import SECRET, service_token, shopper_token
from tests.services.waiting import eventually

_LIST = "/v1/users/me/notifications"
_MAX_AGE = 3600
_SETTINGS = SharedSettings.model_validate(
    {"auth_jwt_secret": SECRET, "auth_max_token_age_seconds": _MAX_AGE}
)


@pytest_asyncio.fixture
async def collection(stack_env: dict[str, str]) -> AsyncIterator[Any]:
    """The collection of revocations."""
    url = stack_env["MONGO_URL"]
    client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(url, tz_aware=True, **TOLERANT)
    yield client[stack_env["MONGO_DATABASE"]][COLLECTION]
    client.close()


async def test_each_producer_refuses_within_two_seconds(two: tuple[Program, Program]) -> None:
    first, second = two
    async with Api(first.url) as one, Api(second.url) as other:
        revoke, token = "/v1/users/%2E%2E/sessions/revoke", shopper_token("..")
        assert (await other.call("GET", _LIST, token)).status_code == 200
        # A repeat also ends the sessions that began after the first time.
        for caller in (one, other):
            assert (await caller.call("POST", revoke, service_token())).status_code == 204
            answered_at = time.monotonic()

            async def both_refuse(token: str = token) -> bool:
                answers = [await api.call("GET", _LIST, token) for api in (one, other)]
                return [answer.status_code for answer in answers] == [401, 401]

            await eventually(both_refuse)
            assert time.monotonic() - answered_at < 3, "one second, and two for a slow machine"
            token = shopper_token("..")
            assert (await one.call("GET", _LIST, token)).status_code == 200
        answer = await one.call("POST", revoke, shopper_token("eve"))
        assert answer.status_code == 403
        assert (await one.call("GET", _LIST, shopper_token("eve"))).status_code == 200
        answer = await one.call("POST", "/v1/users/me/sessions/revoke", service_token())
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "user_id")


async def test_tokens_issued_before_the_sessions_ended_are_refused_and_later_ones_accepted(
    collection: Any,
) -> None:
    revocations = Revocations(collection, _MAX_AGE)
    ending = SessionEnding(_SETTINGS, collection, revocations)
    with pytest.raises(RevocationsUnknownError):
        revocations.check(Identity("ana", frozenset(), 0.0))
    await ending.prepare()
    revocations.check(Identity("ana", frozenset(), 0.0))
    ended: list[str] = []
    revocations.watch(ended.append)
    called_at = time.time()
    await ending.end("ana", "orders")
    assert ended == ["ana"]
    answered_at = time.time()
    # The second in which the sessions ended is over, so the issuer's next `iat` is accepted.
    assert int(answered_at) > int(called_at)
    for issued_at, is_refused in (
        (None, True),
        (0.0, True),
        (int(called_at), True),
        (called_at - 0.001, True),
        (int(answered_at), False),
    ):
        assert revocations.refuses("ana", issued_at) == is_refused, issued_at
    assert not revocations.refuses("eve", None)
    with pytest.raises(TokenRefusedError, match="sign in again"):
        revocations.check(Identity("ana", frozenset(), 0.0, issued_at=called_at - 60))

    document = await collection.find_one({"_id": "ana"})
    kept = document["expires_at"] - document["revoked_at"]
    assert kept > timedelta(seconds=_MAX_AGE), "it must outlive every older token"
    indexes = await collection.index_information()
    assert indexes["expiry"]["expireAfterSeconds"] == 0


async def test_a_damaged_document_ends_no_process(collection: Any) -> None:
    late = DatetimeMS(2**60)  # beyond the year 9999
    for id_ in ("eve", 5):
        await collection.insert_one({"_id": id_, "revoked_at": late})
    await collection.insert_one({"_id": "ana", "revoked_at": datetime.now(UTC)})
    revocations = Revocations(collection, _MAX_AGE)
    await revocations.read()
    assert revocations.refuses("ana", None)


async def test_the_time_of_a_revocation_never_goes_back(collection: Any) -> None:
    """The clock of a new primary may be behind."""
    revocations = Revocations(collection, _MAX_AGE)
    ending = SessionEnding(_SETTINGS, collection, revocations)
    ahead = (datetime.now(UTC) + timedelta(seconds=100)).replace(microsecond=0)
    await collection.insert_one({"_id": "ana", "revoked_at": ahead, "expires_at": ahead})
    await ending.prepare()
    await ending.end("ana", "orders")
    assert (await collection.find_one({"_id": "ana"}))["revoked_at"] == ahead
    # A revocation that another process writes with an earlier time is read, too.
    await SessionEnding(_SETTINGS, collection, Revocations(collection, 1)).end("eve", "orders")
    await revocations.read()
    assert revocations.refuses("eve", None)


async def test_damaged_revocations_affect_no_other_user(collection: Any) -> None:
    far = DatetimeMS(400_000_000_000_000)
    now = datetime.now(UTC)
    await collection.insert_many(
        [
            {"_id": "ana", "revoked_at": far, "expires_at": far},
            {"_id": "bob", "revoked_at": "yesterday"},
            {"_id": {"no": "text"}, "revoked_at": now},
            {"_id": "eve", "revoked_at": now},
        ]
    )
    revocations = Revocations(collection, _MAX_AGE)
    ending = SessionEnding(_SETTINGS, collection, revocations)
    await ending.prepare()
    assert revocations.refuses("eve", None)
    for user in ("ana", "bob"):
        assert not revocations.refuses(user, None)
        await ending.end(user, "orders")
        assert revocations.refuses(user, None)
