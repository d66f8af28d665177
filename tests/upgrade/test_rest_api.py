"""A page or a service that was written for the last release works with this one."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from deploy.local.paths import ROOT
from producer_api.schemas.compatibility import breaks
from tests.upgrade.released import unpacked

_DOCUMENT = Path("docs") / "openapi.json"
_JSON = "application/json"

Document = dict[str, Any]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """The OpenAPI document of the last release."""
    return _read(unpacked(tmp_path_factory.mktemp("release")) / _DOCUMENT)


def test_no_call_answer_or_field_of_the_last_release_is_gone(released: Document) -> None:
    assert list(_broken(released, _read(ROOT / _DOCUMENT))) == []


def test_removals_and_new_demands_are_found(released: Document) -> None:
    current = copy.deepcopy(released)
    del current["paths"]["/v1/users/{user_id}/notifications"]["get"]
    schemas = current["$defs"]
    del schemas["ShownNotification"]["properties"]["severity"]
    schemas["NewNotification"]["required"].append("body")
    found = "\n".join(_broken(released, current))
    assert "get /v1/users/{user_id}/notifications: is gone" in found
    assert "severity: is gone" in found
    assert "post /v1/notifications: requires body now" in found


def _read(path: Path) -> Document:
    """Return the document, with a copy of its schemas in `$defs`, where `breaks` looks for them."""
    text = path.read_text().replace("#/components/schemas/", "#/$defs/")
    document: Document = json.loads(text)
    return {**document, "$defs": document["components"]["schemas"]}


def _broken(released: Document, current: Document) -> Iterator[str]:
    for path, operations in released["paths"].items():
        for method, old in operations.items():
            call = f"{method} {path}"
            new = current["paths"].get(path, {}).get(method)
            if new is None:
                yield f"{call}: is gone"
                continue
            yield from (f"{call}: {problem}" for problem in _demands(old, new, released, current))
            for status, answer in old["responses"].items():
                before = _schema(answer, released)
                after = _schema(new["responses"].get(status, {}), current)
                yield from (f"{call}: {status}: {problem}" for problem in breaks(before, after))


def _demands(old: Document, new: Document, released: Document, current: Document) -> Iterator[str]:
    """Yield what a request must have now, and what it may no longer have."""
    before = _resolved(_schema(old.get("requestBody", {}), released))
    after = _resolved(_schema(new.get("requestBody", {}), current))
    for name in set(after.get("required", ())) - set(before.get("required", ())):
        yield f"requires {name} now"
    for name in before.get("properties", {}).keys() - after.get("properties", {}).keys():
        yield f"no longer takes {name}"
    for name in _parameters(old, released) - _parameters(new, current):
        yield f"no longer takes {name}"


def _parameters(operation: Document, document: Document) -> set[str]:
    shared = document["components"].get("parameters", {})
    items = operation.get("parameters", ())
    return {shared[_name(item)]["name"] if "$ref" in item else item["name"] for item in items}


def _name(reference: Document) -> str:
    return cast("str", reference["$ref"]).rpartition("/")[2]


def _schema(body: Document, document: Document) -> Document:
    schema = body.get("content", {}).get(_JSON, {}).get("schema", {})
    return {**schema, "$defs": document["$defs"]}


def _resolved(schema: Document) -> Document:
    return cast("Document", schema["$defs"][_name(schema)]) if "$ref" in schema else schema
