"""The machine room on real Kafka, MongoDB, API and delivery."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aiokafka.client import AIOKafkaClient

from producer_api.contract.events import EventType, headers
from producer_api.contract.notification import public_json
from tests.deploy.console.conftest import Room, visitor_token
from tests.deploy.console.river_reader import river_of
from tests.fuzz.batches import RawRecord
from tests.fuzz.malformed_cases import MalformedLog
from tests.integration.delivery.instances import all_live
from tests.services.parts import Services, suspended
from tests.services.program import running
from tests.services.segments import byte_of
from tests.services.shopper import Shopper, connected
from tests.services.tokens import service_token, shopper_token
from tests.services.waiting import eventually

_ANY_ID = "0198c0de-0000-7000-8000-000000000000"
_LONG_AGO, _SOON = "2020-01-01T00:00:00Z", timedelta(milliseconds=300)
_STOP_SECONDS = 3.0
_IN_A_VALUE = -20
_ROUTES = (
    ("GET", "/api/session", None),
    ("GET", "/api/river", None),
    ("GET", "/api/notifications?by=user&q=ana", None),
    ("GET", f"/api/notifications/{_ANY_ID}", None),
    ("POST", "/api/repeat", {"user_id": "ana", "since": _LONG_AGO}),
    ("POST", "/api/dead-letters/repeat", {"place": "0:0"}),
)


async def test_the_river_shows_records_and_how_far_the_offset_may_move(room: Room) -> None:
    ana = Shopper("anabel", room.delivery.url)
    async with river_of(room.visitor) as river, connected(ana):
        created = await room.api.created("anabel", data={"order_id": "77"})
        await river.until(lambda: {"created", "delivered"} <= river.kinds())
        record = next(each for each in river.records if each["kind"] == "created")
        assert (record["id"], record["user"]) == (created["id"], "a•••l")
        lane = record["partition"]
        await river.until(lambda: river.committed(lane) > record["offset"])
        assert river.lanes[lane]["lag"] == 0
        assert river.lanes[lane]["owner"] == room.delivery.url
        assert "anabel" not in f"{river.state}{river.records}"
        await room.api.mark("anabel", created["id"], read=True)
    told = await room.life(created["id"], "delivered", "committed", "read")
    names = [step["name"] for step in told["steps"]]
    assert names.index("logged") < names.index("acknowledged") <= names.index("delivered")
    assert [each["id"] for each in await room.found("order", "77")] == [created["id"]]
    assert [each["topic"] for each in told["events"]][:1] == [room.env["KAFKA_TOPIC"]]


async def test_the_river_says_for_whose_ack_an_offset_waits(room: Room) -> None:
    silent = Shopper("silvia", room.delivery.url, acking=False)
    async with river_of(room.visitor) as river, connected(silent):
        await all_live(1, room.delivery)
        created = await room.api.created("silvia")
        await silent.has(1)
        await river.until(lambda: river.waits_for(created["id"]) is not None)
        wait = river.waits_for(created["id"]) or {}
        assert (wait["user"], wait["state"], wait["attempt"]) == ("s•••a", "pushed", 1)
        (flight,) = river.state["in_flight"]
        assert (flight["ids"], flight["instance"]) == ([created["id"]], room.delivery.url)
        (lane,) = [lane for lane in river.lanes.values() if lane["waits_for"]]
        assert (lane["lag"], lane["in_flight"], lane["committed"]) == (1, 1, wait["offset"])
        told = await room.life(created["id"], "pushed")
        assert [step["name"] for step in told["steps"]][-1] == "pushed"
        assert "silvia" not in str(river.state)
        silent.start_acking()
        await river.until(lambda: river.waits_for(created["id"]) is None)
        await river.until(lambda: river.lanes[lane["partition"]]["lag"] == 0)
    told = await room.life(created["id"], "pushed", "delivered", "committed")
    steps = {step["name"]: step for step in told["steps"]}
    assert steps["acknowledged"]["after_ms"] > 0
    assert steps["pushed"]["details"]["owner"] == room.delivery.url


async def test_each_ending_of_a_notification_is_told(room: Room) -> None:
    api, create = room.api, room.api.created
    parked = await create("berto", collapse_key="order-9")
    superseded, newer = [await create("carla", collapse_key="order-9") for _ in range(2)]
    soon = (datetime.now(UTC) + _SOON).isoformat()
    expired = await create("diego", expires_at=soon)
    await api.prefer("elena", muted=["offer"])
    muted = await create("elena", type="offer.new")
    withdrawn = await create("felix")
    await api.withdraw(withdrawn["id"])
    broken = await _broken(room, "gloria")
    erased = await create("hugo", data={"order_id": "of hugo"})
    await room.life(erased["id"], "logged")
    await api.erase("hugo")
    for notification, ending in (
        (parked, "parked"),
        (superseded, "superseded"),
        (muted, "muted"),
        (withdrawn, "withdrawn"),
        (broken, "dead_lettered"),
        (erased, "erased"),
        (expired, "expired"),
    ):
        told = await room.life(notification["id"], ending)
        status = "pending" if ending == "parked" else ending
        assert told["status"] == status, told
    told = await room.life(superseded["id"], "superseded")
    details = {step["name"]: step["details"] for step in told["steps"]}
    assert details["superseded"]["superseded_by"] == newer["id"]
    told = await room.life(broken["id"], "dead_lettered")
    assert (
        "title"
        in next(step for step in told["steps"] if step["name"] == "dead_lettered")["details"][
            "reason"
        ]
    )
    assert {each["id"] for each in await room.found("collapse_key", "order-9")} == {
        parked["id"],
        superseded["id"],
        newer["id"],
    }


async def _broken(room: Room, user: str) -> dict[str, str]:
    """Store a notification, and publish its record without the title. Return its id in a dict."""
    document = room.world.document(user)
    await room.world.inbox.insert_one(document)
    await room.world.producer.send_and_wait(
        room.world.settings.kafka_topic,
        key=user.encode(),
        value=public_json(document).replace(b'"title"', b'"tilte"'),
        headers=headers(document["_id"], EventType.CREATED, "/test", _LONG_AGO),
    )
    return {"id": document["_id"]}


async def test_nothing_of_an_erased_user_is_shown_again(room: Room) -> None:
    created = await room.api.created("ines", title="A secret", data={"order_id": "of ines"})
    await room.life(created["id"], "parked")
    assert [each["title"] for each in await room.found("user", "ines")] == ["A secret"]
    await room.api.erase("ines")
    told = await room.life(created["id"], "erased")
    assert (told["notification"], told["events"]) == (None, [])
    assert "ines" not in str(told)
    assert await room.found("user", "ines") == await room.found("order", "of ines") == []


async def test_the_console_says_what_does_not_answer_and_recovers(room: Room) -> None:
    async with river_of(room.visitor) as river:
        async with room.kafka.cut():
            await river.until(lambda: river.says("Kafka does not answer"))
            answer = await room.visitor.get(f"/api/notifications/{_ANY_ID}")
            assert answer.status_code == 404
        async with room.api_way.cut():
            created = await room.api.created("jorge")
            told = await room.life(created["id"], "logged", "parked")
            assert told["notification"] is None
            await river.until(lambda: river.says("The producer API does not answer"))
        assert (await room.life(created["id"]))["notification"]["user_id"] == "jorge"
        await river.until(lambda: not river.says("does not answer"))


async def test_no_record_stops_the_console(room: Room, services: Services) -> None:
    (user,) = room.world.users_of_partition(0, 1)
    client = AIOKafkaClient(bootstrap_servers=services.kafka_bootstrap)
    log = MalformedLog(room.world, client, user)
    letters = room.world.settings.dead_letter_topic
    try:
        await client.bootstrap()
        with suspended(room.console):
            damaged = await room.world.producer.send_and_wait(letters, b"x" * 99, partition=0)
            byte_of(services, letters, 0, damaged.offset, _IN_A_VALUE).flip()
        odd = RawRecord(user.encode(), b"{}", [(b"\xff\xfe", b"x")])
        await log.write([*await log.good(), odd, *await log.good()])
        await log.write([replace(each, offset_delta=9) for each in await log.good()])
    finally:
        await client.close()
    for notification_id in log.created:
        await room.life(notification_id, "logged", "parked")
    sent: list[str] = []

    async def is_a_letter_read() -> bool:
        """Send another letter: at the damage, the console skips up to the topic's present end."""
        sent.append(await _send_letter(room, user))
        places = [await room.place_if_read(notification_id) for notification_id in sent]
        return any(place is not None and place > "0:" for place in places)

    await eventually(is_a_letter_read)
    assert (await room.console.samples())["console_unreadable_records_total"] >= 1


async def _send_letter(room: Room, user: str) -> str:
    """Write a dead letter about a notification of this user, and return the notification's id."""
    notification_id: str = room.world.document(user)["_id"]
    fields = headers(notification_id, EventType.CREATED, "/test", _LONG_AGO)
    fields.append(("dlq_reason", b"unknown"))
    letters = room.world.settings.dead_letter_topic
    await room.world.producer.send_and_wait(letters, b"{", user.encode(), 0, headers=fields)
    return notification_id


async def test_a_visitor_sees_what_would_be_repeated_and_a_service_repeats_it(room: Room) -> None:
    async with connected(Shopper("kira", room.delivery.url)):
        created = await room.api.created("kira")
        await room.life(created["id"], "delivered", "committed")
    # This client is like a device that has lost its data.
    replacement = Shopper("kira", room.delivery.url)
    async with connected(replacement):
        body = {"user_id": "kira", "since": _LONG_AGO}
        dry = await room.visitor.post("/api/repeat", json=body)
        assert dry.json() == {"would": [created["id"]], "count": 1, "applied": False}
        refused = await room.visitor.post("/api/repeat", json={**body, "apply": True})
        assert (refused.status_code, replacement.received) == (403, [])
        assert "notifications:repeat" in refused.json()["detail"]
        applied = await _applied(room, "/api/repeat", {**body, "apply": True}, "repeat")
        assert applied == {"would": [created["id"]], "count": 1, "applied": True}
        await replacement.has(1)
    broken = await _broken(room, "laura")
    letter = {"place": await room.place_of_letter(broken["id"])}
    dry = await room.visitor.post("/api/dead-letters/repeat", json=letter)
    assert (dry.json()["would"], dry.json()["applied"]) == ([letter["place"]], False)
    applied = await _applied(room, "/api/dead-letters/repeat", {**letter, "apply": True})
    assert (applied["count"], applied["applied"]) == (1, True)
    await room.life(broken["id"], "logged")
    applied = await _applied(room, "/api/dead-letters/repeat", {**letter, "apply": True})
    assert applied["count"] == 0  # it is not replayed twice
    nowhere = await room.visitor.post("/api/dead-letters/repeat", json={"place": "0:99999"})
    assert nowhere.status_code == 404
    notes = [each for each in room.console.events if each["event"] == "repetition applied"]
    assert [(each["who"], each["count"]) for each in notes] == [("lea", 1), ("lea", 1), ("lea", 0)]


async def _applied(
    room: Room, path: str, body: dict[str, object], scope: str = "write"
) -> dict[str, object]:
    scopes = f"notifications:read notifications:{scope}"
    token = visitor_token(scopes, subject="lea")
    fields = {"Authorization": f"Bearer {token}"}
    answer = await room.visitor.post(path, json=body, headers=fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_nothing_is_shown_without_the_token(room: Room) -> None:
    tokens = {
        "": 401,
        "not a token": 401,
        visitor_token(lifetime=-3600): 401,
        shopper_token("ana"): 403,
        service_token(): 403,
    }
    for method, path, body in _ROUTES:
        for token, status in tokens.items():
            fields = {"Authorization": f"Bearer {token}"} if token else {}
            url = f"{room.console.url}{path}"
            answer = await room.api.client.request(method, url, headers=fields, json=body)
            assert answer.status_code == status, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status
    session = (await room.visitor.get("/api/session")).json()
    assert (session["demo"], session["may_repeat"]) == (False, False)


async def test_the_page_may_load_and_call_nothing_but_the_console(room: Room) -> None:
    answer = await room.api.client.get(f"{room.console.url}/")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert (await room.api.client.get(f"{room.console.url}/nowhere")).status_code == 404


# The next test kills an instance. Until it is removed from the group, it owns some partitions,
# and their users get nothing. So that test comes late.


async def test_the_river_shows_which_instances_join_and_die(room: Room) -> None:
    async with river_of(room.visitor) as river:
        # The console reports no joins for the group that it sees first. Wait until it has seen one.
        await river.until(lambda: bool(river.state.get("instances")))
        async with running(room.second):
            await river.until(lambda: river.happened_to(room.second.url, "joined"))
            await river.until(lambda: {lane["owner"] for lane in river.lanes.values()} == room.urls)
            assert river.happened_to(None, "rebalanced")
            for url in room.urls:  # one of the two instances is not the owner
                await _deliver_at(room, url)
            await river.until(lambda: len(river.hops()) == 1)
            await room.second.kill()
            await river.until(lambda: river.happened_to(room.second.url, "died"))
            assert river.instance(room.second.url)["state"] == "gone"


async def _deliver_at(room: Room, url: str) -> None:
    mario = Shopper("mario", url)
    async with connected(mario):
        created = await room.api.created("mario")
        told = await room.life(created["id"], "pushed", "delivered")
    steps = {step["name"]: step["details"] for step in told["steps"]}
    assert steps["pushed"]["edge"] == url


async def test_open_pages_do_not_delay_the_stop(room: Room) -> None:
    await room.api.created("olga", data={"order_id": "88"})
    async with river_of(room.visitor) as river:
        began = time.monotonic()
        await room.console.stop()
        assert time.monotonic() - began < _STOP_SECONDS
        await river.until_ended()
    log = "\n".join(room.console.lines)
    assert "user_id=" not in log, "the log names no user"
    assert "HTTP Request" not in log
    await room.console.start()
    # What was created before the start is read back.
    await eventually(lambda: _is_known_again(room))


async def _is_known_again(room: Room) -> bool:
    return len(await room.found("order", "88")) == 1
