"""Records on the topic have the caller's trace context."""

from tests.integration.producer_api.api import Api
from tests.integration.producer_api.traces import ANOTHER_TRACE, TRACE, traces_of
from tests.services.tokens import service_token, shopper_token
from tests.services.world import World


async def test_records_of_changes_and_erasures_have_the_trace_of_their_request(
    api: Api, world: World
) -> None:
    created_id = (await api.created())["id"]
    list_path = "/v1/users/ana/notifications"
    for method, path, token, trace, body in (
        ("PATCH", f"{list_path}/{created_id}", shopper_token("ana"), TRACE, {"seen": True}),
        ("POST", f"{list_path}/read", shopper_token("ana"), ANOTHER_TRACE, None),
        ("DELETE", list_path, service_token(), TRACE, None),
    ):
        answer = await api.call(method, path, token, json=body, headers={"traceparent": trace})
        assert answer.is_success
    assert await traces_of(world) == [None, TRACE, ANOTHER_TRACE, TRACE]
