"""What a record says, where it says that all was erased."""

import orjson
import pytest
from aiokafka import ConsumerRecord

from delivery.consume.read import StateChange, UnreadableRecordError, read
from delivery.core.record import Erasure
from producer_api.contract.events import EventType, Header

_ID = "0198c0de-0000-7000-8000-000000000001"


def _record(kind: EventType, value: bytes) -> ConsumerRecord:
    headers = ((Header.TYPE, kind.encode()),)
    return ConsumerRecord("notifications", 3, 7, 0, 0, b"ana", value, None, 3, len(value), headers)


def test_an_erasure_says_up_to_where() -> None:
    value = orjson.dumps({"erased": True, "erased_up_to": _ID})
    found = read(_record(EventType.ERASED, value), 5)
    assert found == Erasure("ana", _ID, value, offset=7, epoch=5)
    assert isinstance(read(_record(EventType.READ, value), 5), StateChange)


@pytest.mark.parametrize("up_to", [None, 5, "", _ID.upper(), "zzz"])
def test_an_erasure_that_does_not_say_so_cannot_be_read(up_to: object) -> None:
    value = orjson.dumps({"erased": True, "erased_up_to": up_to})
    for said in (value, b"{}"):
        with pytest.raises(UnreadableRecordError, match="erased_up_to"):
            read(_record(EventType.ERASED, said), 5)
