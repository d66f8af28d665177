"""A service ends a user's sessions: everywhere, within two seconds, and durably."""

import asyncio
import time
from collections.abc import AsyncIterator

import jwt
import pytest
import pytest_asyncio
from socketio.exceptions import ConnectionError as RefusedError

from tests.integration.producer_api.api import Api
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.tokens import SECRET, service_token, shopper_token

_LIST = "/v1/users/me/notifications"
_REVOKE = "/v1/users/ana/sessions/revoke"
_WORDS = "the user's sessions were ended; sign in again"


@pytest_asyncio.fixture
async def api(producer_api: Program) -> AsyncIterator[Api]:
    async with Api(producer_api.url) as opened:
        yield opened


async def _refused(shopper: Shopper, token: str) -> str:
    with pytest.raises(RefusedError):
        await shopper.connect(token)
    return shopper.refusal


async def test_the_sessions_of_a_user_end_on_every_instance(
    producer_api: Program, delivery: Program, second: Program, api: Api
) -> None:
    async with running(producer_api, delivery, second):
        old, berto = shopper_token("ana"), Shopper("berto", second.url)
        anas = [Shopper("ana", delivery.url), Shopper("ana", second.url)]
        anas.append(Shopper("ana", second.url, transports=["polling"]))
        async with connected(*anas, berto):
            assert (await api.call("GET", _LIST, old)).status_code == 200
            begun_at = time.monotonic()
            answer = await api.call("POST", _REVOKE, service_token())
            assert (answer.status_code, answer.content) == (204, b"")
            new = shopper_token("ana")  # ana signs in again at once
            await asyncio.gather(*(ana.gone() for ana in anas))
            assert time.monotonic() - begun_at < 4, "two seconds, and two for a slow machine"

            for token in (old, _without_iat("ana")):
                refused = await api.call("GET", _LIST, token)
                assert (refused.status_code, refused.json()["detail"]) == (401, _WORDS)
                assert await _refused(anas[1], token) == _WORDS
            assert (await api.call("GET", _LIST, new)).status_code == 200
            await anas[0].connect(new)
            assert (await anas[0].renew(old))["error"] == _WORDS
            assert await anas[0].renew(new) == {"ok": True}
            assert berto.connected

            await second.stop()
            await second.start()
            assert await _refused(anas[1], old) == _WORDS, "the refusal must survive a restart"
            assert anas[0].connected
        (audit,) = [event for event in producer_api.events if event["event"] == "sessions ended"]
        assert (audit["user"], audit["service"], audit["level"]) == ("ana", "orders", "info")


def _without_iat(user: str) -> str:
    return jwt.encode({"sub": user, "exp": time.time() + 60}, SECRET)
