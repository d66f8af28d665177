"""aiokafka reads offset answers of version 7 like those of version 3, including their errors."""

from typing import Any

import pytest
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
    RequestTimedOutError,
)
from aiokafka.protocol.commit import OffsetFetchRequest

from runtime.stable_offsets import require_stable_offsets

_OFFSET_FETCH = 9
_NO_ANSWER = -1


def _request(newest: int = 10) -> Any:
    require_stable_offsets()
    request = OffsetFetchRequest("delivery", [("notifications", [0, 1])])
    return request.prepare({_OFFSET_FETCH: (1, newest)})


def test_the_request_asks_the_coordinator_to_wait() -> None:
    request = _request()
    assert (request.API_VERSION, request.FLEXIBLE_VERSION) == (7, True)
    group, topic = b"\x09delivery", b"\x0enotifications"
    partitions = b"\x03" + bytes(4) + bytes((0, 0, 0, 1))
    assert request.encode() == group + b"\x02" + topic + partitions + b"\0" + b"\1" + b"\0"


def test_older_brokers_are_asked_as_before() -> None:
    assert _request(newest=6).API_VERSION == 3


def test_requiring_it_twice_changes_nothing() -> None:
    require_stable_offsets()
    before = OffsetFetchRequest._CLASSES
    require_stable_offsets()
    assert before == OffsetFetchRequest._CLASSES


def test_the_answer_has_the_shape_that_aiokafka_reads() -> None:
    partition = _int(1, 4) + _int(7, 8) + _int(3, 4) + b"\x04map" + _int(0, 2) + b"\0"
    topic = b"\x0enotifications" + b"\x02" + partition + b"\0"
    answer = _decode(b"\x02" + topic, 0)
    assert answer.topics == [("notifications", [(1, 7, "map", 0)])]
    assert answer.error_code == 0


@pytest.mark.parametrize(
    ("answered", "read"),
    [
        (GroupLoadInProgressError, GroupLoadInProgressError),
        (NotCoordinatorForGroupError, NotCoordinatorForGroupError),
        (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError),
        (RequestTimedOutError, NotCoordinatorForGroupError),
        (GroupAuthorizationFailedError, GroupAuthorizationFailedError),
    ],
)
def test_an_error_of_the_whole_answer_becomes_one_of_a_partition(answered: Any, read: Any) -> None:
    answer = _decode(b"\1", answered.errno)
    assert answer.topics == [("", [(_NO_ANSWER, _NO_ANSWER, "", read.errno)])]
    assert answer.error_code == answered.errno


def _decode(topics: bytes, error: int) -> Any:
    return _request().RESPONSE_TYPE.decode(_int(0, 4) + topics + _int(error, 2) + b"\0")


def _int(value: int, size: int) -> bytes:
    return value.to_bytes(size, "big", signed=True)
