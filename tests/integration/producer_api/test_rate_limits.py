"""A bearer that sends too many requests gets a 429, which says when to try again."""

from collections.abc import Callable

import pytest

from tests.integration.producer_api.api import Api, notification
from tests.services.program import Program, running
from tests.services.tokens import service_token, shopper_token
from tests.services.waiting import eventually

_LIST = "/v1/users/me/notifications"


async def test_a_shopper_above_the_limit_is_refused_until_the_window_ends(
    another: Callable[..., Program],
) -> None:
    program = another(PRODUCER_API_SHOPPER_RATE_LIMIT="3 per 2 second")
    async with running(program), Api(program.url) as api:
        first = await api.call("GET", _LIST, shopper_token("ana"))
        assert first.headers["ratelimit-policy"] == '"shopper";q=3;w=2'
        assert first.headers["ratelimit"] == '"shopper";r=2;t=2'
        # A failed request also counts, and its answer has the same header fields.
        unknown = await api.call("PATCH", f"{_LIST}/x", shopper_token("ana"), json={"read": True})
        assert (unknown.status_code, "ratelimit" in unknown.headers) == (404, True)
        bad = await api.call("GET", f"{_LIST}?limit=0", shopper_token("ana"))
        assert bad.headers["ratelimit"].startswith('"shopper";r=0;')

        refused = await api.call("GET", _LIST, shopper_token("ana", lifetime=60))
        assert refused.status_code == 429, "another token of the same shopper must share the limit"
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["type"] == "urn:notifications:problem:too-many-requests"
        assert 1 <= int(refused.headers["retry-after"]) <= 2
        assert (await api.call("GET", _LIST, shopper_token("eve"))).status_code == 200

        async def is_served() -> bool:
            return (await api.call("GET", _LIST, shopper_token("ana"))).status_code == 200

        await eventually(is_served)


async def test_a_service_above_its_byte_limit_is_refused_and_others_are_served(
    another: Callable[..., Program],
) -> None:
    bounded = another(PRODUCER_API_SERVICE_BYTE_LIMIT="20000 per 2 second")
    async with running(bounded), Api(bounded.url) as api:
        large = notification(body="x" * 1_900)
        batch = {"notifications": [large] * 12}
        path = "/v1/notifications/batch"
        answer = await api.call("POST", path, service_token(), json=batch)
        assert answer.status_code == 200, "a body larger than the limit must pass once"
        refused = await api.call("POST", path, service_token(), json=batch)
        assert refused.status_code == 429
        assert refused.json()["type"] == "urn:notifications:problem:too-many-requests"
        assert "more than 20000 bytes in 2 seconds" in refused.json()["detail"]
        policy = '"service-bytes";q=20000;qu="content-bytes";w=2'
        assert refused.headers["ratelimit-policy"] == policy
        assert 1 <= int(refused.headers["retry-after"]) <= 2
        assert (await api.create()).status_code == 429
        other = await api.create(service="other")
        assert other.status_code == 201, "other services must be served"
        assert other.headers["ratelimit-policy"] == '"service";q=10000;w=1', "the default"

        async def is_served() -> bool:
            return (await api.create()).status_code == 201

        await eventually(is_served)


async def test_a_limit_of_services_is_per_service(another: Callable[..., Program]) -> None:
    limited = another(PRODUCER_API_SERVICE_RATE_LIMIT="1 per hour")
    async with running(limited), Api(limited.url) as api:
        assert (await api.create()).status_code == 201
        assert (await api.create()).status_code == 429
        other = await api.call("GET", "/v1/notifications/x", service_token(name="other"))
        assert other.status_code == 404


@pytest.mark.parametrize("side", ["SHOPPER_RATE", "SERVICE_RATE", "SERVICE_BYTE"])
async def test_a_malformed_limit_stops_the_program_with_an_example_of_a_valid_one(
    side: str, another: Callable[..., Program]
) -> None:
    name = f"PRODUCER_API_{side}_LIMIT"
    program = another(**{name: "plenty"})
    await program.start_unready()
    assert await program.wait() == 2
    assert any(name in line and "300 per 10 second" in line for line in program.lines)
