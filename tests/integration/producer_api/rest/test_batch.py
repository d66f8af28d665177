"""In a batch, each item has its own result, in order, with its index."""

import asyncio

import orjson

from tests.integration.producer_api.api import JSON, Api, notification
from tests.integration.producer_api.outside import drained, logged
from tests.services.tokens import service_token
from tests.services.world import World

_PATH = "/v1/notifications/batch"


async def test_each_item_has_its_result_in_order(api: Api, world: World) -> None:
    answer = await api.create_batch(
        notification("ana", title="first"),
        notification("ana", title=""),
        notification("eve", title="third", data={"a": 1}),
        7,
        notification("ana", data={"a": "x" * 70_000}),
        {},
    )
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["index"] for result in results] == list(range(6))
    assert [result["status"] for result in results] == [201, 422, 201, 422, 422, 422]
    created = [results[index]["notification"] for index in (0, 2)]
    assert [item["title"] for item in created] == ["first", "third"]
    assert created[1]["data"] == {"a": 1}
    for item in created:
        assert {**item, "status": "pending"} == (await api.trace(item["id"])).json()
    await drained(world)
    assert sorted(await logged(world)) == sorted(item["id"] for item in created)

    problem = results[1]["problem"]
    assert problem == {
        "type": "urn:notifications:problem:invalid",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": problem["detail"],
        "instance": _PATH,
        "errors": [{"field": "notifications.1.title", "message": problem["errors"][0]["message"]}],
    }
    fields = [{error["field"] for error in result["problem"]["errors"]} for result in results[3:4]]
    assert fields == [{"notifications.3"}]
    assert results[4]["problem"]["errors"][0]["field"] == "notifications.4"
    assert {error["field"] for error in results[5]["problem"]["errors"]} == {
        f"notifications.5.{field}" for field in ("user_id", "type", "title")
    }


async def test_the_log_has_a_thousand_items_in_order(api: Api, world: World) -> None:
    titles = [str(number) for number in range(1000)]
    answer = await api.create_batch(*(notification(title=title) for title in titles))
    created = [result["notification"] for result in answer.json()["results"]]
    assert [item["title"] for item in created] == titles
    ids = [item["id"] for item in created]
    assert ids == sorted(set(ids))
    records = await world.records(world.settings.kafka_topic)
    assert [orjson.loads(record.value) for record in records] == created


async def test_a_malformed_batch_is_refused_as_a_whole(api: Api, world: World) -> None:
    token = service_token()
    good = orjson.dumps(notification()).decode()
    for content, status in (
        (b'{"notifications":[]}', 422),
        (b'{"notifications":[' + b",".join([b"1"] * 1001) + b"]}", 422),
        (b'{"notifications":{}}', 422),
        (b'{"notifications":[%b],"more":1}' % good.encode(), 422),
        (b"[]", 422),
        (b"{", 422),
        (b'{"notifications":[' + b" " * (8 * 1024 * 1024) + b"]}", 413),
    ):
        answer = await api.call("POST", _PATH, token, content=content, headers=JSON)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert await world.inbox.count_documents({}) == 0


async def test_a_batch_of_nearly_8_mib_is_accepted(api: Api) -> None:
    items = [notification(body="x" * 2000, data={"a": "x" * 5900}) for _ in range(1000)]
    answer = await api.create_batch(*items)
    assert {result["status"] for result in answer.json()["results"]} == {201}


async def test_an_item_with_many_errors_has_a_bounded_answer(api: Api) -> None:
    wrong = {f"field-{number}": 1 for number in range(4_000)}
    deep: list[object] = []
    for _ in range(400):
        deep = [deep]
    answer = await api.create_batch(wrong, notification(data={"a": deep}), notification())
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [422, 422, 201]
    assert len(results[0]["problem"]["errors"]) == 20
    assert results[1]["problem"]["errors"][0]["field"] == "notifications.1"


async def test_single_creates_and_batches_are_served_concurrently(api: Api) -> None:
    """Each answer has only the items of its own request."""
    # `Api` has a time-out of 30 s, so a request that waits longer fails.
    batches, singles = await asyncio.gather(
        asyncio.gather(
            *(
                api.create_batch(*(notification(title=f"{name}-{n}") for n in range(300)))
                for name in range(6)
            )
        ),
        asyncio.gather(*(api.created(title=f"single-{n}") for n in range(30))),
    )
    assert [item["title"] for item in singles] == [f"single-{n}" for n in range(30)]
    for name, answer in enumerate(batches):
        created = [result["notification"]["title"] for result in answer.json()["results"]]
        assert created == [f"{name}-{n}" for n in range(300)]
