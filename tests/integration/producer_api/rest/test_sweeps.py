"""Marking all as read or seen in one request, up to an id."""

from datetime import UTC, datetime, timedelta

from tests.integration.producer_api.api import Api
from tests.integration.producer_api.changes import changes_of
from tests.services.world import World

_COUNTS = ("unread_count", "unseen_count")


async def test_marking_all_seen_keeps_them_unread_and_publishes_one_record(
    api: Api, world: World
) -> None:
    now = datetime.now(UTC)
    documents = [world.document("ana") for _ in range(250)]
    documents[-1]["read_at"] = documents[-1]["seen_at"] = now
    documents[-2]["seen_at"] = now
    documents[-3]["archived_at"] = now
    await world.inbox.insert_many(documents)
    unseen = [d["_id"] for d in reversed(documents) if not (d["seen_at"] or d["archived_at"])]
    for _ in range(2):
        counts = (await api.mark_all_seen("ana")).json()
        assert counts == {"unread_count": 248, "unseen_count": 0}
    [change] = await changes_of(world)
    assert (change.kind, change.ids) == ("seen", unseen[:100])
    assert change.value["seen_up_to"] == unseen[0]
    assert "read_up_to" not in change.value
    assert [change.value[name] for name in _COUNTS] == [248, 0]
    assert await world.inbox.count_documents({"seen_at": None}) == 1, (
        "only the archived one may stay unseen"
    )
    assert await world.inbox.count_documents({"read_at": None}) == 249


async def test_an_expired_notification_stays_unseen_between_seen_ones(
    api: Api, world: World
) -> None:
    """So consumers know of each mark that `changed` leaves out: `seen_up_to` excludes expired."""
    documents = [world.document("ana") for _ in range(150)]
    documents[1]["expires_at"] = datetime.now(UTC) - timedelta(hours=1)
    await world.inbox.insert_many(documents)
    counts = (await api.mark_all_seen("ana")).json()
    assert counts == {"unread_count": 149, "unseen_count": 0}
    unseen = await world.inbox.find({"seen_at": None}).to_list()
    assert [document["_id"] for document in unseen] == [documents[1]["_id"]]
    await api.mark_all_read("ana")
    assert await world.inbox.count_documents({"read_at": None}) == 0


async def test_notifications_above_up_to_are_not_marked(api: Api, world: World) -> None:
    documents = [world.document("ana") for _ in range(5)]
    await world.inbox.insert_many(documents)
    ids = [document["_id"] for document in documents]
    seen = await api.mark_all_seen("ana", up_to=ids[3])
    assert seen.json() == {"unread_count": 5, "unseen_count": 1}
    read = await api.mark_all_read("ana", up_to=ids[2])
    assert read.json() == {"unread_count": 2, "unseen_count": 1}
    published = [(change.kind, change.ids[0]) for change in await changes_of(world)]
    assert published == [("seen", ids[3]), ("read", ids[2])]


async def test_a_very_large_inbox_is_marked_seen_in_several_transactions(
    api: Api, world: World
) -> None:
    documents = [world.document("ana") for _ in range(10_050)]
    await world.inbox.insert_many(documents)
    counts = (await api.mark_all_seen("ana")).json()
    assert counts == {"unread_count": 10_050, "unseen_count": 0}
    ids = [document["_id"] for document in documents]
    published = [
        (change.value["seen_up_to"], change.value["unseen_count"])
        for change in await changes_of(world)
    ]
    assert published == [(ids[9_999], 50), (ids[-1], 0)]


async def test_marking_all_seen_examines_only_unseen_documents(api: Api, world: World) -> None:
    """Does not measure time, but counts the documents that MongoDB examined."""
    documents = [world.document("ana", seen_at=datetime.now(UTC)) for _ in range(5_000)]
    documents[-2]["seen_at"] = None
    await world.inbox.insert_many(documents)
    database = world.inbox.database
    await database.command("profile", 2)
    try:
        for _ in range(2):
            counts = (await api.mark_all_seen("ana")).json()
            assert counts == {"unread_count": 5_000, "unseen_count": 0}
    finally:
        await database.command("profile", 0)
    operations = await database["system.profile"].find({"ns": world.inbox.full_name}).to_list()
    searches = [
        operation
        for operation in operations
        if "$limit" in str(operation["command"].get("pipeline"))
    ]
    assert [operation["docsExamined"] for operation in searches] == [2], (
        "the second call must examine none"
    )


async def test_an_invalid_body_is_answered_with_its_field(api: Api) -> None:
    for body in ({"upto": "x"}, {"up_to": 7}, {"up_to": "x" * 129}):
        answer = await api.mark_all_read("ana", **body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] in {"upto", "up_to"}
