"""The OpenAPI document: docs/openapi.json is up to date and lists all responses."""

import json
from typing import Any

import pytest_asyncio

from deploy.local.paths import ROOT
from producer_api.problems.problem_types import TYPES
from producer_api.schemas.openapi import document

Operations = dict[str, dict[str, Any]]


@pytest_asyncio.fixture
async def generated() -> dict[str, Any]:
    return await document()


def _operations(generated: dict[str, Any]) -> Operations:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in generated["paths"].items()
        for method, operation in methods.items()
    }


async def test_openapi_file_is_up_to_date(generated: dict[str, Any]) -> None:
    stored = json.loads((ROOT / "docs" / "openapi.json").read_text())
    assert generated == stored, "run: python -m producer_api.schemas.openapi > docs/openapi.json"


async def test_every_problem_type_is_an_example_of_its_status(generated: dict[str, Any]) -> None:
    seen = set()
    for name, operation in _operations(generated).items():
        for status, response in operation["responses"].items():
            if not status.startswith(("4", "5")):
                continue
            ((media_type, content),) = response["content"].items()
            assert media_type == "application/problem+json", (name, status)
            for slug, example in content["examples"].items():
                assert example["value"]["status"] == int(status) == TYPES[slug].status
                assert example["value"]["type"].endswith(f":{slug}")
                seen.add(slug)
    anywhere = {"bad-request", "method-not-allowed"}
    assert seen | anywhere == set(TYPES), "every type must be listed somewhere"


async def test_headers_are_listed_with_their_statuses(generated: dict[str, Any]) -> None:
    for operation in _operations(generated).values():
        secured = "security" in operation
        for status, response in operation["responses"].items():
            headers = set(response["headers"])
            assert "X-Request-ID" in headers
            assert ("WWW-Authenticate" in headers) == (status == "401")
            assert ("Retry-After" in headers) == (status in {"409", "429", "503"})
            assert ("Location" in headers) == (status == "201")
            assert ("RateLimit" in headers) == (secured and status != "401")


async def test_operations_name_the_token_they_need(generated: dict[str, Any]) -> None:
    operations = _operations(generated)
    service = [{"HTTPBearer": ["notifications:write"]}]
    assert operations["POST /v1/notifications"]["security"] == service
    assert operations["GET /v1/users/{user_id}/notifications"]["security"] == [{"HTTPBearer": []}]
    assert "security" not in operations["GET /healthz"]


async def test_only_operations_with_a_body_list_body_problems(generated: dict[str, Any]) -> None:
    for operation in _operations(generated).values():
        statuses = set(operation["responses"])
        of_a_body = {"408", "413", "415"}
        assert statuses & of_a_body == (of_a_body if "requestBody" in operation else set())
    assert (
        "422" not in _operations(generated)["GET /v1/notifications/{notification_id}"]["responses"]
    )
    assert "HTTPValidationError" not in json.dumps(generated)
