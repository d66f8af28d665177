"""Superseded notifications, compared with a model that creates them one by one."""

from hypothesis import given
from hypothesis import strategies as st

from producer_api.contract.notification import Document
from producer_api.inbox.changes.superseding_rules import announcements, collapse_keys, superseded
from tests.producer_api.documents import document

_USERS = st.sampled_from(("ana", "eve"))
_KEYS = st.sampled_from((None, "order-1", "order-2"))
_IDS = st.integers(1, 10_000).map(lambda number: f"{number:05}")


@st.composite
def _documents(draw: st.DrawFn, *, keyed: bool = False) -> list[Document]:
    ids = draw(st.lists(_IDS, unique=True, max_size=12))
    keys = _KEYS.filter(lambda key: key is not None) if keyed else _KEYS
    return [document(_id=new_id, user_id=draw(_USERS), collapse_key=draw(keys)) for new_id in ids]


@given(_documents())
def test_collapse_keys_are_by_user(documents: list[Document]) -> None:
    keys = collapse_keys(documents)
    pairs = {(user_id, key) for user_id, user_keys in keys.items() for key in user_keys}
    keyed = [item for item in documents if item["collapse_key"] is not None]
    assert pairs == {(item["user_id"], item["collapse_key"]) for item in keyed}
    assert all(keys.values())


@given(_documents(keyed=True), st.data())
def test_only_the_last_created_of_each_user_and_key_stays(
    stored: list[Document], data: st.DataObject
) -> None:
    """The ids are in any order, because processes with different clocks made them."""
    created = stored[data.draw(st.integers(0, len(stored))) :]
    standing = data.draw(st.permutations(_with_keys_of(created, stored)))
    on_screen: dict[tuple[str, str | None], str] = {}
    replaced: set[str] = set()
    for item in _with_keys_of(created, stored):  # as if created one by one
        pair = item["user_id"], item["collapse_key"]
        if pair in on_screen:
            replaced.add(on_screen[pair])
        on_screen[pair] = item["_id"]
    older = superseded(standing, created)
    assert {item["_id"] for item in older} == replaced
    assert [item["_id"] for item in older] == sorted(replaced, reverse=True)
    for item in older:
        assert item["superseded_by"] == on_screen[item["user_id"], item["collapse_key"]]
    assert all(item["superseded_by"] is None for item in standing), "the argument must not change"


def _with_keys_of(created: list[Document], stored: list[Document]) -> list[Document]:
    """Return what a transaction reads: the stored ones that share user and key with a new one."""
    keys = collapse_keys(created)
    return [item for item in stored if item["collapse_key"] in keys.get(item["user_id"], ())]


@given(_documents(keyed=True), st.data())
def test_first_notification_of_a_user_announces_the_replaced_ones_on_screen(
    standing: list[Document], data: st.DataObject
) -> None:
    standing.sort(key=lambda item: item["_id"])
    count = data.draw(st.integers(0, len(standing)))
    created = data.draw(st.permutations(standing))[:count]
    created.sort(key=lambda item: item["_id"])
    older = superseded(_with_keys_of(created, standing), created)
    announced = announcements(older, created)

    created_ids = {item["_id"] for item in created}
    assert [item for _, documents in announced.values() for item in documents] == [
        item
        for user_id in announced
        for item in older
        if item["user_id"] == user_id
        if item["_id"] not in created_ids
    ]
    assert set(announced) == {item["user_id"] for item in older if item["_id"] not in created_ids}
    for user_id, (carrier_id, documents) in announced.items():
        keys_announced = {item["collapse_key"] for item in documents}
        assert carrier_id == min(
            item["_id"]
            for item in created
            if item["user_id"] == user_id and item["collapse_key"] in keys_announced
        )


def test_a_later_notification_with_a_lower_id_supersedes() -> None:
    ahead, later = document(_id="2", collapse_key="k"), document(_id="1", collapse_key="k")
    (older,) = superseded([ahead, later], [later])
    assert (older["_id"], older["superseded_by"]) == ("2", "1")
    assert announcements([older], [later]) == {"ana": ("1", [older])}
