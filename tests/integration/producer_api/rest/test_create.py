"""A notification is in MongoDB and on the topic before its create is answered."""

import asyncio
from datetime import UTC, datetime
from functools import partial

import httpx
import orjson

from tests.integration.producer_api.api import Api, notification
from tests.integration.producer_api.outside import created_on_the_log, drained
from tests.services.program import Program
from tests.services.tokens import SECRET, service_token
from tests.services.world import World


async def test_the_answer_the_document_and_the_record_agree(api: Api, world: World) -> None:
    before = datetime.now(UTC)
    answer = await api.create(
        "ana",
        severity="success",
        body="Tu pedido 1234 va en camino",
        data={"order_id": "1234"},
        action_url="/orders/1234",
        image_url="https://img.example/jarra.jpg",
        image_alt="Una jarra azul",
        actions=[{"label": "Ver", "url": "/orders/1234"}, {"label": "Ayuda", "url": "https://h"}],
        expires_at="2099-01-01T01:00:00.123456+01:00",
        collapse_key="order-1234",
    )
    after = datetime.now(UTC)
    shown = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/notifications/{shown['id']}"
    assert shown == {
        "id": shown["id"],
        "user_id": "ana",
        "type": "order.shipped",
        "severity": "success",
        "title": "Pedido despachado",
        "body": "Tu pedido 1234 va en camino",
        "data": {"order_id": "1234"},
        "action_url": "/orders/1234",
        "image_url": "https://img.example/jarra.jpg",
        "image_alt": "Una jarra azul",
        "actions": [
            {"label": "Ver", "url": "/orders/1234"},
            {"label": "Ayuda", "url": "https://h"},
        ],
        "created_at": shown["created_at"],
        "expires_at": "2099-01-01T00:00:00.123Z",
        "collapse_key": "order-1234",
        "delivered_at": None,
        "seen_at": None,
        "read_at": None,
        "archived_at": None,
    }
    created_at = datetime.fromisoformat(shown["created_at"])
    assert before.timestamp() - 0.001 <= created_at.timestamp() <= after.timestamp()
    assert int(shown["id"].replace("-", "")[:12], 16) == round(created_at.timestamp() * 1000)

    [record] = await world.records(world.settings.kafka_topic)
    assert record.key == b"ana"
    assert record.value == answer.content
    assert dict(record.headers) == {
        "ce_id": shown["id"].encode(),
        "ce_type": b"notification.created",
        "ce_source": b"/producer-api",
        "ce_specversion": b"1.0",
        "ce_time": shown["created_at"].encode(),
        "content-type": b"application/json",
    }

    document = await world.inbox.find_one({"_id": shown["id"]})
    assert (document["user_id"], document["created_at"]) == ("ana", created_at)
    assert document["severity"] == "success"
    traced = await api.trace(shown["id"])
    assert traced.json() == {**shown, "status": "pending"}
    plain = await api.created(image_url=None, image_alt=None, actions=None)
    assert [plain[name] for name in ("image_url", "image_alt", "actions")] == [None, None, []]


# The murmur2 values from Kafka's own Java tests (UtilsTest.testMurmur2).
_JAVA_HASHES = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "abc": 479470107,
}


async def test_the_partitioner_agrees_with_the_java_client(api: Api, world: World) -> None:
    for user in _JAVA_HASHES:
        await api.created(user)
    partitions = world.settings.kafka_topic_partitions
    records = await world.records(world.settings.kafka_topic)
    assert {record.key.decode(): record.partition for record in records} == {
        user: (java_hash & 0x7FFFFFFF) % partitions for user, java_hash in _JAVA_HASHES.items()
    }


async def test_a_user_with_any_id_can_be_served(api: Api, world: World) -> None:
    shown = {}
    for user in ("a/b", "á", "a b", "%2F", "$where", "a.b", "\x00", "🦊", "é?#", "é" * 128):
        created = await api.created(
            user, title="\x00 <b>&\u2028", data={"$where": {"a.b": 2**53 - 1}}
        )
        assert created["data"] == {"$where": {"a.b": 2**53 - 1}}
        assert (await api.listed(user)).json()["items"] == [created]
        assert (await api.mark(user, created["id"], read=True)).status_code == 200
        assert (await api.mark_all_read(user)).json() == {"unread_count": 0, "unseen_count": 0}
        shown[user.encode()] = created
    assert await created_on_the_log(world) == shown


async def test_the_log_has_the_notifications_of_a_user_in_the_order_of_their_ids(
    api: Api, world: World
) -> None:
    created = await asyncio.gather(*(api.created("ana", title=str(n)) for n in range(200)))
    records = await world.records(world.settings.kafka_topic)
    logged = [orjson.loads(record.value)["id"] for record in records]
    assert logged == sorted(item["id"] for item in created)
    assert len(set(logged)) == 200
    await drained(world)


async def test_concurrent_creates_share_transactions(api: Api, program: Program) -> None:
    """The program is suspended while the requests arrive, so that it reads them all together."""
    metrics = "producer_publish_seconds_count", 'producer_records_published_total{sender="intake"}'
    before = [await api.metric(name) for name in metrics]
    program.suspend()
    sent = asyncio.Semaphore(0)

    async def note(event: str, _: object) -> None:
        if event == "http11.send_request_body.complete":
            sent.release()

    create = partial(api.call, "POST", "/v1/notifications", service_token())
    creates = [
        asyncio.create_task(create(json=notification(), extensions={"trace": note}))
        for _ in range(200)
    ]
    for _ in creates:
        await sent.acquire()
    program.resume()
    assert {answer.status_code for answer in await asyncio.gather(*creates)} == {201}
    publishes, records = [
        await api.metric(name) - earlier for name, earlier in zip(metrics, before, strict=True)
    ]
    assert publishes < 100
    assert records == 200


async def test_a_caller_that_disconnects_causes_no_error(api: Api) -> None:
    body = b'{"user_id":"ana","type":"t","title":"gone"}'
    request = (
        b"POST /v1/notifications HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer " + service_token().encode() + b"\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )
    url = api.client.base_url
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(request)
    await writer.drain()
    writer.close()

    created = await api.created(title="stayed")
    shown = (await api.listed()).json()["items"]
    assert created in shown
    assert {item["title"] for item in shown} <= {"gone", "stayed"}
    assert (await api.client.get("/healthz")).status_code == 200


async def test_expired_notifications_are_shown_to_the_service_and_not_listed(api: Api) -> None:
    expired = await api.created(expires_at="2020-01-01T00:00:00Z")
    lasting = await api.created(expires_at="2099-01-01T00:00:00Z")
    assert (await api.trace(expired["id"])).json()["status"] == "expired"
    answer = (await api.listed()).json()
    assert answer["items"] == [lasting]
    assert (answer["unread_count"], answer["unseen_count"]) == (1, 1)


async def test_a_delivered_notification_is_shown_with_its_time(api: Api, world: World) -> None:
    created = await api.created()
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    await world.inbox.update_one({"_id": created["id"]}, {"$set": {"delivered_at": moment}})
    traced = (await api.trace(created["id"])).json()
    assert (traced["status"], traced["delivered_at"]) == ("delivered", "2026-01-01T00:00:00.000Z")


async def test_the_openapi_document_describes_the_answers(api: Api) -> None:
    document = (await api.client.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    body = document["paths"]["/v1/notifications"]["post"]["requestBody"]["content"]
    name = body["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert set(schemas[name]["required"]) == {"user_id", "type", "title"}
    references = {part.split('"')[0] for part in str(document).split("#/components/schemas/")[1:]}
    assert {reference.split("'")[0] for reference in references} <= set(schemas)
    assert set(await api.created()) == set(schemas["ShownNotification"]["properties"])


async def test_the_secret_is_neither_shown_nor_logged(api: Api, program: Program) -> None:
    await api.created()
    await api.client.get("/v1/users/me/notifications", headers={"Authorization": "Bearer x.y.z"})
    for path in ("/openapi.json", "/metrics", "/readyz"):
        assert SECRET not in (await api.client.get(path)).text
    assert program.lines
    assert not [line for line in program.lines if SECRET in line or "Bearer" in line]


async def test_cors_allows_only_the_origin_of_the_ui(api: Api) -> None:
    async def preflight(origin: str) -> httpx.Response:
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        }
        return await api.client.options("/v1/users/me/notifications/x", headers=headers)

    allowed = await preflight("http://localhost:8080")
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "http://localhost:8080"
    refused = await preflight("http://evil.example")
    assert "access-control-allow-origin" not in refused.headers
    # Without this header, a browser hides the error from the page.
    origin = {"Origin": "http://localhost:8080"}
    problem = await api.client.get("/v1/users/me/notifications", headers=origin)
    assert problem.status_code == 401
    assert problem.headers["access-control-allow-origin"] == "http://localhost:8080"
