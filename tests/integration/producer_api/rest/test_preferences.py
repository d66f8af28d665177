"""A user's preferences: who may read and replace them, and what is refused."""

from typing import Any

import pytest

from tests.integration.producer_api.api import Api
from tests.services.tokens import service_token, shopper_token
from tests.services.world import World

_NIGHT = {"from": "22:00", "to": "08:00", "time_zone": "Europe/Madrid"}
_DEFAULTS = {"muted": [], "quiet_hours": None, "always": ["order"]}


async def test_preferences_are_replaced_as_a_whole(api: Api) -> None:
    assert (await api.preferences()).json() == _DEFAULTS
    answer = await api.prefer(muted=["offer", "news", "offer"], quiet_hours=_NIGHT)
    preferred: dict[str, Any] = {**_DEFAULTS, "muted": ["news", "offer"], "quiet_hours": _NIGHT}
    assert (answer.status_code, answer.json()) == (200, preferred)
    assert (await api.preferences()).json() == preferred
    assert (await api.preferences("eve")).json() == _DEFAULTS
    again = await api.prefer(**preferred)
    assert (again.status_code, again.json()) == (200, preferred), "an answer is a valid body"
    assert (await api.prefer(muted=[], quiet_hours=None)).json() == _DEFAULTS
    await api.prefer(**preferred)
    assert (await api.prefer()).json() == _DEFAULTS


async def test_only_the_shopper_and_services_reach_preferences(api: Api) -> None:
    path, body = "/v1/users/ana/preferences", {"muted": ["offer"]}
    for method, token, status in (
        ("PUT", shopper_token("eve"), 403),
        ("GET", shopper_token("eve"), 403),
        ("PUT", service_token(), 200),
        ("GET", service_token(), 200),
    ):
        answer = await api.call(method, path, token, json=body)
        assert answer.status_code == status, (method, answer.text)
    mine = await api.call("GET", "/v1/users/me/preferences", shopper_token("ana"))
    assert mine.json()["muted"] == ["offer"]
    nobody = await api.call("PUT", "/v1/users/me/preferences", service_token(), json=body)
    assert nobody.status_code == 422
    assert (await api.client.put(path, json=body)).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"muted": ["offer", "order"]}, "muted.1"),
        ({"muted": ["offer.new"]}, "muted.0"),
        ({"muted": ["Offer"]}, "muted.0"),
        ({"muted": ["offer\n"]}, "muted.0"),
        ({"muted": [""]}, "muted.0"),
        ({"muted": ["x" * 129]}, "muted.0"),
        ({"muted": [7]}, "muted.0"),
        ({"muted": "offer"}, "muted"),
        ({"muted": None}, "muted"),
        ({"muted": [f"c{number}" for number in range(101)]}, "muted"),
        ({"muted": [f"c{number}" for number in range(4_000)]}, "muted"),
        ({"quiet_hours": {**_NIGHT, "from": "24:00"}}, "quiet_hours.from"),
        ({"quiet_hours": {**_NIGHT, "from": "9:00"}}, "quiet_hours.from"),
        ({"quiet_hours": {**_NIGHT, "to": "08:00:00"}}, "quiet_hours.to"),
        ({"quiet_hours": {**_NIGHT, "to": "٣٣:٣٣"}}, "quiet_hours.to"),
        ({"quiet_hours": {**_NIGHT, "to": "22:00"}}, "quiet_hours"),
        ({"quiet_hours": {**_NIGHT, "time_zone": "Europe/Atlantis"}}, "quiet_hours.time_zone"),
        ({"quiet_hours": {**_NIGHT, "time_zone": "Europe"}}, "quiet_hours.time_zone"),
        ({"quiet_hours": {**_NIGHT, "time_zone": "../../etc/passwd"}}, "quiet_hours.time_zone"),
        ({"quiet_hours": {**_NIGHT, "time_zone": ""}}, "quiet_hours.time_zone"),
        ({"quiet_hours": {**_NIGHT, "time_zone": "a\0"}}, "quiet_hours.time_zone"),
        ({"quiet_hours": {**_NIGHT, "time_zone": "ñ" * 64}}, "quiet_hours.time_zone"),
        ({"quiet_hours": {**_NIGHT, "days": []}}, "quiet_hours.days"),
        ({"quiet_hours": {"from": "22:00", "to": "08:00"}}, "quiet_hours.time_zone"),
        ({"quiet": None}, "quiet"),
    ],
)
async def test_bad_preferences_are_refused_by_field_and_change_nothing(
    api: Api, body: dict[str, Any], field: str
) -> None:
    await api.prefer(muted=["news"])
    answer = await api.prefer(**body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await api.preferences()).json()["muted"] == ["news"]


async def test_ten_thousand_muted_categories_are_too_large(api: Api) -> None:
    answer = await api.prefer(muted=[f"category-{number}" for number in range(10_000)])
    assert answer.status_code == 413


async def test_the_refusal_of_an_always_category_names_it(api: Api) -> None:
    [error] = (await api.prefer(muted=["order"])).json()["errors"]
    assert error["message"] == "'order' cannot be muted: the shop always sends order"


async def test_a_text_for_quiet_hours_is_refused_in_words_of_the_api(api: Api) -> None:
    [error] = (await api.prefer(quiet_hours="22-8")).json()["errors"]
    assert error == {"field": "quiet_hours", "message": "must be an object"}


async def test_a_hundred_categories_can_be_muted(api: Api) -> None:
    categories = [f"c{number:03}" for number in range(100)]
    assert (await api.prefer(muted=categories)).json()["muted"] == categories


async def test_erasing_a_user_forgets_their_preferences(api: Api) -> None:
    for user in ("ana", "eve"):
        await api.prefer(user, muted=["offer"], quiet_hours=_NIGHT)
    assert (await api.erase("ana")).status_code == 204
    assert (await api.preferences("ana")).json() == _DEFAULTS
    assert (await api.preferences("eve")).json()["muted"] == ["offer"]


async def test_damaged_preferences_stop_neither_creates_nor_reads(api: Api, world: World) -> None:
    stored = world.mongo[world.settings.mongo_database]["preferences"]
    damaged: Any = {"_id": "ana", "muted": "offer", "quiet_hours": 7}
    await stored.insert_one(damaged)
    assert (await api.create("ana", type="offer.new")).status_code == 201
    assert (await api.preferences("ana")).json() == _DEFAULTS
    assert (await api.prefer("ana", muted=["offer"])).json()["muted"] == ["offer"]
