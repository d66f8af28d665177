"""Marks are published after earlier records."""

from datetime import UTC, datetime

from tests.integration.producer_api.api import Api
from tests.integration.producer_api.changes import changes_of, kinds_of
from tests.integration.producer_api.outside import drained
from tests.services.world import World


async def test_each_mark_is_published_after_the_create(api: Api, world: World) -> None:
    first, other = [(await api.created())["id"] for _ in range(2)]
    marks: list[tuple[str, dict[str, bool], tuple[int, int]]] = [
        ("seen", {"seen": True}, (2, 1)),
        ("read", {"read": True}, (1, 1)),
        ("unread", {"read": False}, (2, 1)),
        ("archived", {"archived": True}, (1, 1)),
        ("unarchived", {"archived": False}, (2, 1)),
    ]
    answers = [(await api.mark("ana", first, **mark)).json() for _, mark, _ in marks]
    creates, changes = (await changes_of(world))[:2], (await changes_of(world))[2:]
    assert [change.ids for change in creates] == [[first], [other]]
    for (kind, _, (unread, unseen)), answer, change in zip(marks, answers, changes, strict=True):
        fields = ("id", "read_at", "seen_at", "archived_at")
        counts = {"unread_count": unread, "unseen_count": unseen}
        assert change.kind == kind
        assert change.value == {
            **counts,
            "by_category": {"order": counts},
            "changed": [{field: answer[field] for field in fields}],
            "user_id": "ana",
            "at": change.time,
        }
    times = [change.time for change in changes]
    assert times == sorted(set(times)), "no two changes of a user may have the same time"
    await drained(world)


async def test_a_mark_that_changes_nothing_publishes_nothing(api: Api, world: World) -> None:
    created_id = (await api.created())["id"]
    for mark in ({"read": False}, {"archived": False}):
        await api.mark("ana", created_id, **mark)
    assert (await api.mark("ana", world.ids.next(), read=True)).status_code == 404
    assert (await api.mark("eve", created_id, read=True)).status_code == 404
    assert (await api.mark_all_read("eve")).json() == {"unread_count": 0, "unseen_count": 0}
    assert await kinds_of(world) == ["created"]
    for _ in range(2):
        await api.mark("ana", created_id, read=True, archived=True)
        await api.mark("ana", created_id, seen=True)
        await api.mark_all_read("ana")
    assert await kinds_of(world) == ["created", "read", "archived"]
    assert await changes_of(world, "eve") == []


async def test_two_marks_in_one_request_are_two_records_with_the_same_value(
    api: Api, world: World
) -> None:
    created_id = (await api.created())["id"]
    await api.mark("ana", created_id, seen=True, read=False, archived=True)
    await api.mark("ana", created_id, read=True, archived=False)
    _, *changes = await changes_of(world)
    assert [change.kind for change in changes] == ["seen", "archived", "read", "unarchived"]
    assert len({change.id for change in changes}) == 4
    assert changes[0].value == changes[1].value
    assert changes[2].value == changes[3].value


async def test_marking_all_read_publishes_one_record(api: Api, world: World) -> None:
    now = datetime.now(UTC)
    documents = [world.document("ana") for _ in range(250)]
    documents[-1]["read_at"] = documents[-1]["seen_at"] = now
    documents[-2]["seen_at"] = now
    documents[-3]["archived_at"] = now
    await world.inbox.insert_many(documents)
    unread = [d["_id"] for d in reversed(documents) if not (d["read_at"] or d["archived_at"])]
    assert (await api.mark_all_read("ana")).json() == {"unread_count": 0, "unseen_count": 0}

    [change] = await changes_of(world)
    assert (change.kind, change.ids) == ("read", unread[:100])
    assert change.value["read_up_to"] == unread[0]
    assert (change.value["unread_count"], change.value["unseen_count"]) == (0, 0)
    shown = {item["id"]: item for item in (await api.listed(limit=100)).json()["items"]}
    for marked in change.value["changed"][:90]:
        assert marked == {field: shown[marked["id"]][field] for field in marked}
    assert change.value["changed"][0]["seen_at"] < change.value["at"], (
        "the first `seen_at` must stay"
    )
    assert await world.inbox.count_documents({"read_at": None}) == 1, (
        "only the archived one may stay unread"
    )


async def test_a_very_large_inbox_is_marked_read_in_several_transactions(
    api: Api, world: World
) -> None:
    documents = [world.document("ana") for _ in range(10_050)]
    await world.inbox.insert_many(documents)
    assert (await api.mark_all_read("ana")).json() == {"unread_count": 0, "unseen_count": 0}
    ids = [document["_id"] for document in documents]
    changes = await changes_of(world)
    assert [(change.value["read_up_to"], change.value["unread_count"]) for change in changes] == [
        (ids[9_999], 50),
        (ids[-1], 0),
    ]
    assert [change.ids for change in changes] == [ids[9_999:9_899:-1], ids[:-51:-1]]
    assert await world.inbox.count_documents({"read_at": None}) == 0
