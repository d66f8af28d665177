"""The caller's trace is on the topic, whoever publishes."""

from tests.integration.producer_api.api import Api
from tests.integration.producer_api.outside import drained
from tests.services.tokens import service_token, shopper_token
from tests.services.world import World

_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

_ANOTHER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-00"


async def _traces(world: World) -> list[str | None]:
    """What the records of ana say, in their order."""
    await drained(world)
    found: dict[str, str | None] = {}
    for record in await world.records(world.settings.kafka_topic):
        headers = {name: value.decode() for name, value in record.headers}
        found.setdefault(headers["ce_id"], headers.get("traceparent"))
    return list(found.values())


async def test_a_change_and_an_erasure_have_it_as_well(api: Api, world: World) -> None:
    made = (await api.created())["id"]
    of_ana = "/v1/users/ana/notifications"
    for method, path, token, trace, body in (
        ("PATCH", f"{of_ana}/{made}", shopper_token("ana"), _TRACE, {"seen": True}),
        ("POST", f"{of_ana}/read", shopper_token("ana"), _ANOTHER, None),
        ("DELETE", of_ana, service_token(), _TRACE, None),
    ):
        answer = await api.call(method, path, token, json=body, headers={"traceparent": trace})
        assert answer.is_success
    assert await _traces(world) == [None, _TRACE, _ANOTHER, _TRACE]
