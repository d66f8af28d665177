"""The generated schemas and AsyncAPI document are up to date, and pass the validators."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from deploy.local.paths import ROOT
from producer_api.contract.events import EventType, ReceiptType
from producer_api.schemas.asyncapi import DOCUMENT, document, text
from producer_api.schemas.json_schemas import FOLDER, RELEASED, file_of, schemas

_RENEW = "regenerate it: python -m producer_api.schemas"
_ASYNCAPI = ROOT / "frontend/node_modules/@asyncapi/specs/schemas/3.0.0.json"


@pytest.mark.parametrize("name", schemas())
def test_schema_file_is_up_to_date_and_valid(name: str) -> None:
    generated = schemas()[name]
    assert json.loads((FOLDER / name).read_text()) == generated, _RENEW
    Draft202012Validator.check_schema(generated)


def test_each_type_has_one_schema_and_no_schema_lacks_its_type() -> None:
    file_names = {path.name for path in FOLDER.glob("*.json")}
    assert file_names == set(schemas())
    assert file_names == {file_of(kind) for kind in (*EventType, *ReceiptType)}
    assert len(file_names) == len(EventType) + len(ReceiptType)
    assert {path.name for path in RELEASED.glob("*.json")} >= file_names


def test_asyncapi_file_is_up_to_date() -> None:
    assert DOCUMENT.read_text() == text(), _RENEW
    assert yaml.safe_load(DOCUMENT.read_text()) == document()


def test_document_is_valid_asyncapi_3() -> None:
    specification = json.loads(_ASYNCAPI.read_text())
    validator = Draft7Validator(specification)
    asyncapi = yaml.safe_load(DOCUMENT.read_text())
    assert [error.message for error in validator.iter_errors(asyncapi)] == []
    del asyncapi["channels"]["notifications"]["messages"]["created"]["$ref"]
    asyncapi["channels"]["notifications"]["address"] = 5
    assert list(validator.iter_errors(asyncapi)), "the validator must find mistakes"


def test_all_references_of_the_document_resolve() -> None:
    generated = document()
    references = list(_references(generated))
    assert len(references) > 20
    for reference in references:
        if reference.startswith("#/"):
            place: Any = generated
            for part in reference.removeprefix("#/").split("/"):
                place = place[part]
        else:
            assert (DOCUMENT.parent / reference).resolve().is_file(), reference


def _references(part: Any) -> Any:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for item in part:
            yield from _references(item)
