"""Tokens of connections: which are accepted, for how long, and why others are refused."""

import time

import jwt
import pytest
from socketio.exceptions import ConnectionError as RefusedError

from producer_api.contract.token_times import LEEWAY_SECONDS
from tests.services.program import Program, running
from tests.services.shopper import Shopper
from tests.services.tokens import shopper_token
from tests.services.world import World

_FORGED = jwt.encode({"sub": "ana", "exp": time.time() + 60}, "x" * 40)


@pytest.mark.parametrize(
    ("token", "reason", "code", "is_retryable"),
    [
        ("", "not valid", "token_invalid", False),
        (shopper_token("ana", lifetime=-60), "expired", "token_expired", True),
        (_FORGED, "signature", "token_not_verified", True),
        (jwt.encode({"sub": "ana"}, "x" * 40), "signature", "token_not_verified", True),
        ("nonsense", "not valid", "token_invalid", False),
    ],
    ids=["none", "expired", "forged", "of another secret", "nonsense"],
)
async def test_a_bad_token_is_refused_with_the_reason(
    delivery: Program, token: str, reason: str, code: str, *, is_retryable: bool
) -> None:
    async with running(delivery):
        ana = Shopper("ana", delivery.url)
        with pytest.raises(RefusedError):
            await ana.connect(token)
        assert reason in ana.refusal.lower()
        assert ana.refusal_data == {"code": code, "retryable": is_retryable}


def _token_refused_in(seconds: float, user: str) -> str:
    """Return a token that delivery accepts for `seconds` more, including the leeway."""
    return shopper_token(user, lifetime=seconds - LEEWAY_SECONDS)


async def test_a_connection_ends_when_its_token_expires(world: World, delivery: Program) -> None:
    ana = Shopper("ana", delivery.url)
    async with running(delivery):
        started_at = time.time()
        await ana.connect(_token_refused_in(4, "ana"))
        await ana.gone()
        assert time.time() - started_at > 2
        created = await world.create("ana")
        await world.all_committed()
        assert await world.delivered(created) == set()


async def test_a_fresh_token_extends_the_connection(world: World, delivery: Program) -> None:
    ana = Shopper("ana", delivery.url)
    async with running(delivery):
        first_token_ends = time.time() + 3
        await ana.connect(_token_refused_in(3, "ana"))
        assert await ana.renew(shopper_token("ana")) == {"ok": True}
        other = await ana.renew(shopper_token("berto"))
        assert (other["ok"], other["error"]) == (False, "the token is another user's")
        assert (other["code"], other["retryable"]) == ("other_user", False)
        expired = await ana.renew(shopper_token("ana", lifetime=-60))
        assert (expired["ok"], expired["error"]) == (False, "the token has expired")
        with_more = await ana.renew(shopper_token("ana"), "and more")
        assert with_more == {"ok": True}, "further arguments must be ignored"
        # When the witness's connection ends, the first token has expired too.
        witness = Shopper("berto", delivery.url)
        await witness.connect(_token_refused_in(first_token_ends - time.time() + 1.5, "berto"))
        await witness.gone()
        await world.create("ana")
        await ana.has(1)
        await ana.disconnect()
