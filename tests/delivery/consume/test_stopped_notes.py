"""An operator's answer may have been written by hand, in MongoDB's shell."""

from types import SimpleNamespace as Namespace
from typing import Any

import pytest
from aiokafka import TopicPartition

from delivery.consume.stopped_notes import Stopped, StoppedNotes

_TP = TopicPartition("notifications", 0)


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (None, None),
        (5, 5),
        (5.0, 5),
        ("5", None),
        (-1, None),
        (float("inf"), None),
        (float("nan"), None),
    ],
)
async def test_an_offset_to_skip_to_is_a_whole_number(stored: object, read: int | None) -> None:
    async def find(*_: object) -> dict[str, Any]:
        return {"skip_to": stored}

    collection: Any = Namespace(find_one=find, find_one_and_update=find)
    notes = StoppedNotes(collection, "http://here:1")
    for found in (await notes.write(_TP, Stopped(3, "damaged")), await notes.skip_from(_TP, 3)):
        assert (found, type(found)) == (read, type(read))
