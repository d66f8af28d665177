"""Problem documents: their members and headers for every type and path."""

import json
import re
from http import HTTPStatus

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from producer_api.problems.documents import problem, problem_of_status
from producer_api.problems.fields import FieldError


def _request(path: bytes = b"/v1/notifications") -> Request:
    return Request({"type": "http", "method": "GET", "path": path.decode("latin-1"), "headers": []})


@given(st.binary(max_size=40), st.text(st.characters(codec="utf-8"), max_size=40))
def test_every_path_and_detail_makes_a_valid_document(path: bytes, detail: str) -> None:
    answer = problem(_request(b"/" + path), "not-found", detail)
    members = json.loads(bytes(answer.body))
    assert answer.headers["content-type"] == "application/problem+json"
    assert members["detail"] == detail
    assert re.fullmatch(r"/[A-Za-z0-9\-._~%!$&'()*+,;=:@/]*", members["instance"])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 415, 422, 500, 503])
def test_each_status_has_a_default_type(status: int) -> None:
    members = json.loads(bytes(problem_of_status(_request(), HTTPStatus(status), "x").body))
    assert members["type"].startswith("urn:notifications:problem:")
    assert members["status"] == status
    assert "errors" not in members


def test_status_without_a_type_is_about_blank() -> None:
    answer = problem_of_status(_request(), HTTPStatus.IM_A_TEAPOT, "x")
    assert json.loads(bytes(answer.body))["type"] == "about:blank"


def test_unavailable_has_retry_after() -> None:
    assert int(problem(_request(), "unavailable", "x").headers["retry-after"]) > 0


def test_invalid_fields_are_listed() -> None:
    errors = [FieldError(field="title", message="too long")]
    answer = problem(_request(), "invalid", "x", errors=errors)
    members = json.loads(bytes(answer.body))
    assert members["errors"] == [{"field": "title", "message": "too long"}]
