"""What MongoDB stores about a topic may be edited by hand, or damaged."""

from types import SimpleNamespace as Namespace
from typing import Any

import pytest
from pymongo.errors import PyMongoError

from producer_api.contract.known_topic import KnownTopic


def _known(document: dict[str, Any] | None) -> KnownTopic:
    """Return the topic that has this document."""

    async def find_one(query: dict[str, Any]) -> dict[str, Any] | None:
        return None if document is None else query | document

    return KnownTopic(Namespace(find_one=find_one), "orders")


@pytest.mark.parametrize(
    ("document", "count"),
    [(None, None), ({"partitions": 12}, 12), ({"partitions": 12.0}, 12)],
)
async def test_a_number_that_mongodbs_shell_has_written_is_whole(
    document: dict[str, Any] | None, count: int | None
) -> None:
    found = await _known(document).first_partitions()
    assert (found, type(found)) == (count, type(count))


@pytest.mark.parametrize("count", [None, "12", 0, -1, 1.5, float("nan"), float("inf"), [12]])
async def test_a_damaged_number_is_named(count: object) -> None:
    with pytest.raises(PyMongoError, match=r"partitions is .* of topic 'orders'.*repair"):
        await _known({"partitions": count}).first_partitions()


@pytest.mark.parametrize("ids", [None, "ids", {"first": "id"}])
async def test_damaged_topic_ids_are_named(ids: object) -> None:
    with pytest.raises(PyMongoError, match=r"log_ids is .* of topic 'orders'.*repair"):
        await _known({"partitions": 1, "log_ids": ids}).log_ids()
