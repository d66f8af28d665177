"""The index, compared with a naive model: a list of the pairs, the oldest first."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.console.core.index import Index

_pairs = st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 9).map(str))


@given(st.lists(_pairs, max_size=30), st.integers(0, 4))
def test_what_was_added_last_and_not_removed_comes_first(
    pairs: list[tuple[str, str]], most: int
) -> None:
    index, model = Index(), list[tuple[str, str]]()
    for pair in pairs:  # the second occurrence of a pair removes it, and the third adds it again
        if pair in model:
            index.discard(*pair)
            model.remove(pair)
        else:
            index.add(*pair)
            model.append(pair)
    for key in ("a", "b"):
        ids = [notification_id for each, notification_id in model if each == key]
        assert index.all(key) == ids
        assert index.newest(key, most) == ids[::-1][:most]


def test_a_notification_without_a_key_is_in_no_index() -> None:
    index = Index()
    index.add(None, "1")
    index.discard(None, "1")
    assert index.all("None") == []


def test_the_last_removal_forgets_the_key() -> None:
    index = Index()
    index.add("ana", "1")
    index.discard("ana", "1")
    assert "ana" not in str(vars(index))
