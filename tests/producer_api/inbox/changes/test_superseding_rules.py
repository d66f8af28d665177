"""Which notifications are superseded, against a model that creates them one by one."""

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
    return [document(_id=each, user_id=draw(_USERS), collapse_key=draw(keys)) for each in ids]


@given(_documents())
def test_collapse_keys_are_by_user(documents: list[Document]) -> None:
    keys = collapse_keys(documents)
    pairs = {(user_id, key) for user_id, names in keys.items() for key in names}
    keyed = [each for each in documents if each["collapse_key"] is not None]
    assert pairs == {(each["user_id"], each["collapse_key"]) for each in keyed}
    assert all(keys.values())


@given(_documents(keyed=True))
def test_only_the_newest_of_each_user_and_key_stays(standing: list[Document]) -> None:
    on_screen: dict[tuple[str, str | None], str] = {}
    replaced: set[str] = set()
    for each in sorted(standing, key=lambda each: each["_id"]):  # as if created one by one
        pair = each["user_id"], each["collapse_key"]
        if pair in on_screen:
            replaced.add(on_screen[pair])
        on_screen[pair] = each["_id"]
    gone = superseded(standing)
    assert {each["_id"] for each in gone} == replaced
    assert [each["_id"] for each in gone] == sorted(replaced, reverse=True)
    for each in gone:
        assert each["superseded_by"] == on_screen[each["user_id"], each["collapse_key"]]
    assert all(each["superseded_by"] is None for each in standing), (
        "the documents given are not changed"
    )


@given(_documents(keyed=True), st.data())
def test_first_notification_of_a_user_announces_what_was_on_screen(
    standing: list[Document], data: st.DataObject
) -> None:
    standing.sort(key=lambda each: each["_id"])
    count = data.draw(st.integers(0, len(standing)))
    created = data.draw(st.permutations(standing))[:count]
    created.sort(key=lambda each: each["_id"])
    # As of a transaction, which asks for the keys of what it has created.
    keys = collapse_keys(created)
    standing = [each for each in standing if each["collapse_key"] in keys.get(each["user_id"], ())]
    gone = superseded(standing)
    told = announcements(gone, created)

    names = {each["_id"] for each in created}
    assert [each for _, documents in told.values() for each in documents] == [
        each
        for user_id in told
        for each in gone
        if each["user_id"] == user_id
        if each["_id"] not in names
    ]
    assert set(told) == {each["user_id"] for each in gone if each["_id"] not in names}
    for user_id, (teller, documents) in told.items():
        concerned = {each["collapse_key"] for each in documents}
        assert teller == min(
            each["_id"]
            for each in created
            if each["user_id"] == user_id and each["collapse_key"] in concerned
        )


def test_late_notification_with_a_lower_id_is_superseded() -> None:
    newer, late = document(_id="2", collapse_key="k"), document(_id="1", collapse_key="k")
    (gone,) = superseded([newer, late])
    assert (gone["_id"], gone["superseded_by"]) == ("1", "2")
    assert announcements([gone], [late]) == {}, "it was never on a screen"
