"""Ids strictly increase, even if the clock goes back, and sort by time."""

import itertools
import uuid

from hypothesis import given
from hypothesis import strategies as st

from producer_api.contract.ids import IdSource, floor_id, is_id

_MOMENTS = st.integers(min_value=0, max_value=2**47)


@given(st.lists(_MOMENTS, min_size=1, max_size=50))
def test_ids_rise_even_if_the_clock_goes_back(milliseconds: list[int]) -> None:
    clock = iter(milliseconds)
    source = IdSource(lambda: next(clock) * 1_000_000)
    ids = [source.next() for _ in milliseconds]
    assert all(earlier < later for earlier, later in itertools.pairwise(ids))
    assert all(uuid.UUID(text).version == 7 and is_id(text) for text in ids)
    assert all(uuid.UUID(text).variant == uuid.RFC_4122 for text in ids)


@given(_MOMENTS, _MOMENTS)
def test_floor_id_is_below_ids_of_its_millisecond_and_above_earlier_ones(
    id_time: int, floor_time: int
) -> None:
    new_id = IdSource(lambda: id_time * 1_000_000).next()
    assert (floor_id(floor_time) <= new_id) == (floor_time <= id_time)


@given(st.text() | st.none() | st.integers() | st.uuids())
def test_only_canonical_text_is_an_id(value: object) -> None:
    assert not is_id(value)


def test_upper_case_and_braces_are_not_canonical() -> None:
    new_id = IdSource().next()
    assert is_id(new_id)
    assert not is_id(new_id.upper())
    assert not is_id(f"{{{new_id[1:-1]}}}")


@given(st.uuids(), st.integers(min_value=0, max_value=35), st.sampled_from("_ \n-g٣Aé"))
def test_text_is_an_id_only_in_the_form_of_str_of_a_uuid(
    some_id: uuid.UUID, place: int, character: str
) -> None:
    text = str(some_id)
    changed = text[:place] + character + text[place + 1 :]
    assert is_id(text)
    assert is_id(changed) == (changed == text)
    assert not is_id(text + "\n")
