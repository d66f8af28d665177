"""The OpenAPI document: the kept one is the real one, and it says what is answered."""

import json
from typing import Any

import pytest_asyncio

from deploy.local.paths import ROOT
from producer_api.problems.types import TYPES
from producer_api.schemas.openapi import document

Operations = dict[str, dict[str, Any]]


@pytest_asyncio.fixture
async def made() -> dict[str, Any]:
    return await document()


def _operations(made: dict[str, Any]) -> Operations:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in made["paths"].items()
        for method, operation in methods.items()
    }


async def test_the_kept_document_is_the_real_one(made: dict[str, Any]) -> None:
    kept = json.loads((ROOT / "docs" / "openapi.json").read_text())
    assert made == kept, "renew it: python -m producer_api.schemas.openapi > docs/openapi.json"


async def test_every_problem_shows_what_it_may_be(made: dict[str, Any]) -> None:
    seen = set()
    for name, operation in _operations(made).items():
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
    assert seen | anywhere == set(TYPES), "each type is an answer to something"


async def test_header_fields_stand_with_their_statuses(made: dict[str, Any]) -> None:
    for operation in _operations(made).values():
        secured = "security" in operation
        for status, response in operation["responses"].items():
            names = set(response["headers"])
            assert "X-Request-ID" in names
            assert ("WWW-Authenticate" in names) == (status == "401")
            assert ("Retry-After" in names) == (status in {"409", "429", "503"})
            assert ("Location" in names) == (status == "201")
            assert ("RateLimit" in names) == (secured and status != "401")


async def test_who_may_call_what(made: dict[str, Any]) -> None:
    operations = _operations(made)
    service = [{"HTTPBearer": ["notifications:write"]}]
    assert operations["POST /v1/notifications"]["security"] == service
    assert operations["GET /v1/users/{user_id}/notifications"]["security"] == [{"HTTPBearer": []}]
    assert "security" not in operations["GET /healthz"]


async def test_a_body_can_be_refused_and_only_a_body(made: dict[str, Any]) -> None:
    for operation in _operations(made).values():
        statuses = set(operation["responses"])
        of_a_body = {"408", "413", "415"}
        assert statuses & of_a_body == (of_a_body if "requestBody" in operation else set())
    assert "422" not in _operations(made)["GET /v1/notifications/{notification_id}"]["responses"]
    assert "HTTPValidationError" not in json.dumps(made)
