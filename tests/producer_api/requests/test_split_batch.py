"""The JSON of a batch is split into its items, however it is formatted."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer_api.requests import batch_run
from producer_api.requests import split_batch as splitting
from producer_api.requests.batch_run import Run
from producer_api.requests.split_batch import NoItem, UnexpectedShapeError, split_batch, split_run

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
    found = list(_one_by_one(split_batch(text, most), most))
    assert len(found) == len(items)
    for step, item in zip(found, items, strict=True):
        if isinstance(step, str):
            assert json.loads(step) == item
            assert len(step) <= most
        else:
            assert step is NoItem.TOO_LARGE
            assert len(json.dumps(item, indent=indent, ensure_ascii=ascii_only)) * 9 > most


@given(st.text(st.sampled_from('{}[]",:\\ 1anotifications'), max_size=60), st.integers(1, 20))
def test_any_other_text_ends_without_another_error(text: str, most: int) -> None:
    for begin in ("", '{"notifications":['):
        try:
            list(split_batch(begin + text, most))
        except UnexpectedShapeError:
            continue


@given(
    st.lists(_JSON | st.just([{}, {}, "},{"]), min_size=1, max_size=20), st.sampled_from([None, 1]),
    st.integers(1, 100),
)  # fmt: skip
def test_runs_have_the_parsed_items_in_order(
    items: list[Any], indent: int | None, characters: int
) -> None:
    text = json.dumps({"notifications": items}, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        for module in (batch_run, splitting):
            patch.setattr(module, "RUN_CHARACTERS", characters)
        values: list[Any] = []
        for step in split_batch(text, len(text)):
            assert not isinstance(step, NoItem)
            values += step.values if isinstance(step, Run) else [json.loads(step)]
            assert len(step.text if isinstance(step, Run) else "") <= 2 * characters
    assert values == items


def test_small_items_come_in_runs() -> None:
    items = [{"title": f"{{}},{{ {number}", "actions": [{}, {}]} for number in range(1_000)]
    for separators in ((",", ":"), (", ", ": ")):
        text = json.dumps({"notifications": items}, separators=separators)
        steps = list(split_batch(text, 64 * 1024))
        assert sum(isinstance(step, Run) for step in steps) == len(steps)
        assert len(steps) <= len(text) // batch_run.RUN_CHARACTERS + 1


def _one_by_one(steps: Iterable[str | Run | NoItem], most: int) -> Iterator[str | NoItem]:
    for step in steps:
        if isinstance(step, Run):
            found = list(_one_by_one(split_run(step, most), most))
            assert len(found) == len(step.values)
            yield from found
        elif step is not NoItem.UNDER_WAY:
            yield step
