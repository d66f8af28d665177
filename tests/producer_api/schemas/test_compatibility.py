"""The check of released schemas accepts additions, and catches removals and changed types."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from producer_api.schemas.compatibility import breaks
from producer_api.schemas.json_schemas import RELEASED, schemas

_CREATED, _READ = "notification.created.v1.json", "notification.read.v1.json"
_NULL = {"type": "null"}
Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("path", sorted(RELEASED.glob("*.json")), ids=lambda path: path.stem)
def test_current_schema_is_compatible_with_each_released_schema(path: Any) -> None:
    assert path.name in schemas(), "a released type or version no longer has a schema"
    assert breaks(json.loads(path.read_text()), schemas()[path.name]) == []


def _changed(name: str, change: Change) -> list[str]:
    released = schemas()[name]
    current = copy.deepcopy(released)
    change(current)
    return breaks(released, current)


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        (_CREATED, lambda new: new["properties"].pop("title"), "title: is gone"),
        (_CREATED, lambda new: new["required"].remove("body"), "body: may be missing now"),
        (
            _CREATED,
            lambda new: new["properties"]["title"].update(type="integer"),
            "title: may be integer now",
        ),
        (
            _CREATED,
            lambda new: new["properties"].update(title={"anyOf": [{"type": "string"}, _NULL]}),
            "title: may be null now",
        ),
        (
            _CREATED,
            lambda new: new["properties"]["created_at"].pop("format"),
            "created_at: may be string now",
        ),
        (
            _READ,
            lambda new: new["$defs"]["Marks"]["properties"].pop("read_at"),
            "changed[].read_at: is gone",
        ),
        (
            _READ,
            lambda new: new["$defs"]["Marks"]["properties"]["id"].update(type="integer"),
            "changed[].id: may be integer as uuid now",
        ),
    ],
)
def test_breaking_change_is_caught(name: str, change: Change, what: str) -> None:
    assert what in _changed(name, change)


@pytest.mark.parametrize(
    "change",
    [
        lambda new: new["properties"].update(more={"type": "string"}),
        lambda new: new.update(description="in other words"),
        lambda new: new["required"].append("read_up_to"),
        lambda new: new["$defs"]["Marks"]["properties"].update(more={"type": "string"}),
    ],
)
def test_addition_is_not_a_breaking_change(change: Change) -> None:
    assert _changed(_READ, change) == []
