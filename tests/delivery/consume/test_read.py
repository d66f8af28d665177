"""What a record tells besides: that older ones have given way."""

from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord

from delivery.consume.read import Superseding, UnreadableRecordError, superseding_in
from producer_api.contract.events import EventType, Header


def _record(*headers: tuple[str, bytes | None]) -> ConsumerRecord:
    kind = (Header.TYPE.value, EventType.CREATED.encode())
    return ConsumerRecord("t", 0, 7, 0, 0, b"ana", b"{}", None, 3, 2, (kind, *headers))


def _notice(changed: Any) -> bytes:
    return orjson.dumps({"unread_count": 1, "unseen_count": 1, "changed": changed})


def test_a_record_that_supersedes_nothing_tells_nothing() -> None:
    assert superseding_in(_record()) is None
    assert superseding_in(_record(("traceparent", b"00-1"))) is None


def test_the_ids_are_those_that_have_given_way_and_the_event_is_told_as_it_is() -> None:
    text = _notice([{"id": "a", "read_at": None, "superseded_by": "c"}, {"id": "b"}])
    assert superseding_in(_record((Header.INBOX.value, text))) == Superseding(
        frozenset({"a"}), text
    )


_NO_CHANGES = [None, ["a"], [{}, 7], [{"superseded_by": "c"}], [{"id": [], "superseded_by": "c"}]]


@pytest.mark.parametrize(
    "text", [None, b"", b"{", b"[]", b"{}", *(_notice(changed) for changed in _NO_CHANGES)]
)
def test_what_is_no_inbox_event_is_unreadable(text: bytes | None) -> None:
    with pytest.raises(UnreadableRecordError, match=r"header inbox|JSON"):
        superseding_in(_record((Header.INBOX.value, text)))
