"""A damaged intent is set aside, because the relay would try to publish it forever."""

from typing import Any

import pytest

from producer_api.contract.stored import MAX_RECORD_BYTES
from producer_api.outbox.stored_intent import readable_intent


def _stored(size: int, of: str) -> dict[str, Any]:
    """Return an intent with a record, and a notice. One of the two has a value of this size."""
    sizes = {"records": 1, "notices": 1, of: size}
    return {
        "_id": "one",
        "ids": ["a"],
        "records": [{"key": b"ana", "value": b"x" * sizes["records"], "headers": []}],
        "notices": [{"id": "a", "user": "ana", "value": b"x" * sizes["notices"]}],
    }


@pytest.mark.parametrize("of", ["records", "notices"])
def test_an_intent_that_kafka_would_refuse_is_unreadable(of: str) -> None:
    assert readable_intent(_stored(1, of)) is not None
    assert readable_intent(_stored(MAX_RECORD_BYTES + 1, of)) is None
