"""Browsers subscribe to Web Push, and unsubscribe."""

from typing import Any

import httpx
import pytest

from producer_api.inbox.push_subscriptions import MOST_SUBSCRIPTIONS, check_endpoint
from tests.integration.producer_api.api import Api
from tests.services.push_service import Browser
from tests.services.tokens import service_token, shopper_token
from tests.services.world import World

_ENDPOINT = "https://push.example/v1/9f1c"
_BROWSER = Browser(_ENDPOINT)


def _subscriptions(world: World) -> Any:
    return world.mongo[world.settings.mongo_database]["push_subscriptions"]


async def _call(
    api: Api, method: str, body: Any, *, user: str = "ana", path: str = "me", query: str = ""
) -> httpx.Response:
    path = f"/v1/users/{path}/push-subscriptions{query}"
    options = {} if body is None else {"json": body}
    return await api.call(method, path, shopper_token(user), **options)


async def test_a_browser_subscribes_and_unsubscribes(api: Api, world: World) -> None:
    shown = _BROWSER.subscription()
    for _ in range(2):
        assert (await _call(api, "POST", shown)).status_code == 204
    (stored,) = await _subscriptions(world).find().to_list(None)
    assert (stored["user_id"], stored["endpoint"]) == ("ana", _ENDPOINT)
    assert {name: stored[name] for name in shown["keys"]} == shown["keys"]
    # Another shopper signs in on the same browser.
    assert (await _call(api, "POST", shown, user="bea", path="bea")).status_code == 204
    assert [each["user_id"] async for each in _subscriptions(world).find()] == ["bea"]
    assert (await _call(api, "DELETE", shown)).status_code == 204
    assert await _subscriptions(world).count_documents({}) == 1
    query = f"?endpoint={_ENDPOINT}"
    for _ in range(2):
        answer = await _call(api, "DELETE", None, user="bea", query=query)
        assert (answer.status_code, answer.content) == (204, b"")
    assert await _subscriptions(world).count_documents({}) == 0


async def test_a_shopper_has_a_bounded_number_of_browsers(api: Api, world: World) -> None:
    for number in range(MOST_SUBSCRIPTIONS + 2):
        shown = {**_BROWSER.subscription(), "endpoint": f"{_ENDPOINT}/{number}"}
        assert (await _call(api, "POST", shown)).status_code == 204
    endpoints = {each["endpoint"] async for each in _subscriptions(world).find()}
    assert len(endpoints) == MOST_SUBSCRIPTIONS
    assert f"{_ENDPOINT}/1" not in endpoints
    assert f"{_ENDPOINT}/2" in endpoints


async def test_erasing_a_user_ends_the_subscriptions(api: Api, world: World) -> None:
    await _call(api, "POST", _BROWSER.subscription())
    await api.erase("ana")
    assert await _subscriptions(world).count_documents({}) == 0


def _changed(**changes: Any) -> dict[str, Any]:
    shown = _BROWSER.subscription()
    shown["keys"] |= {name: changes.pop(name) for name in ("p256dh", "auth") if name in changes}
    return shown | changes


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (_changed(endpoint="http://push.example/1"), "endpoint"),
        (_changed(endpoint="http://127.0.0.1:9/1"), "endpoint"),
        (_changed(endpoint="https://"), "endpoint"),
        (_changed(endpoint="https://user:word@push.example/"), "endpoint"),
        (_changed(endpoint="https://push.example/ñ"), "endpoint"),
        (_changed(endpoint="https://push.example/\n"), "endpoint"),
        (_changed(endpoint="https://push.example:99999/"), "endpoint"),
        (_changed(endpoint="https://[::1/"), "endpoint"),
        (_changed(endpoint="javascript:alert(1)"), "endpoint"),
        (_changed(endpoint="https://push.example/" + "x" * 2_048), "endpoint"),
        (_changed(endpoint=7), "endpoint"),
        (_changed(p256dh="AAAA"), "keys.p256dh"),
        (_changed(p256dh="B" * 87), "keys.p256dh"),
        (_changed(p256dh="ñ"), "keys.p256dh"),
        (_changed(auth="AAAA"), "keys.auth"),
        ({"endpoint": _ENDPOINT}, "keys"),
        ([], ""),
    ],
)
async def test_a_bad_subscription_is_a_problem_that_names_the_field(
    api: Api, world: World, body: Any, field: str
) -> None:
    answer = await _call(api, "POST", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await _subscriptions(world).count_documents({}) == 0


async def test_an_unsubscription_names_its_endpoint(api: Api) -> None:
    for body in (None, {}, {"endpoint": None}):
        answer = await _call(api, "DELETE", body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "endpoint"


async def test_only_the_shopper_subscribes(api: Api) -> None:
    shown = _BROWSER.subscription()
    for method in ("POST", "DELETE"):
        assert (await _call(api, method, shown, user="eve", path="ana")).status_code == 403
        path = "/v1/users/ana/push-subscriptions"
        assert (await api.call(method, path, service_token(), json=shown)).status_code == 403


async def test_the_key_is_null_without_web_push(api: Api) -> None:
    answer = await api.call("GET", "/v1/push-key", shopper_token("ana"))
    assert (answer.status_code, answer.json()) == (200, {"public_key": None})


def test_endpoints_on_this_machine_are_for_tests_only() -> None:
    for endpoint in ("http://127.0.0.1:9/push", "http://localhost/push"):
        assert check_endpoint(endpoint, allow_loopback=True) == endpoint
        with pytest.raises(ValueError, match="https"):
            check_endpoint(endpoint, allow_loopback=False)
    with pytest.raises(ValueError, match="https"):
        check_endpoint("http://10.0.0.1/push", allow_loopback=True)
