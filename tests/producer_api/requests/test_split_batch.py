"""The JSON of a batch is split into its items, in whatever notation."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from producer_api.requests.split_batch import OddShapeError, Step, split_batch

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(
    st.lists(_JSON, min_size=1, max_size=8), st.sampled_from([None, 1]), st.integers(1, 60),
    st.booleans(),
)  # fmt: skip
def test_items_are_those_of_the_json(
    items: list[Any], indent: int | None, most: int, ascii_only: bool
) -> None:
    text = json.dumps({"notifications": items}, indent=indent, ensure_ascii=ascii_only)
    found = [step for step in split_batch(text, most) if step is not Step.UNDER_WAY]
    assert len(found) == len(items)
    for step, item in zip(found, items, strict=True):
        if isinstance(step, str):
            assert json.loads(step) == item
            assert len(step) <= most
        else:
            assert step is Step.TOO_LARGE
            assert len(json.dumps(item, indent=indent, ensure_ascii=ascii_only)) * 9 > most


@given(st.text(st.sampled_from('{}[]",:\\ 1anotifications'), max_size=60), st.integers(1, 20))
def test_any_other_text_ends_without_another_error(text: str, most: int) -> None:
    for begin in ("", '{"notifications":['):
        try:
            list(split_batch(begin + text, most))
        except OddShapeError:
            continue
