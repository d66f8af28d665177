"""Problem documents, whatever was asked."""

import json
import re
from http import HTTPStatus

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from producer_api.problems.documents import FieldError, problem


def _request(path: bytes = b"/v1/notifications") -> Request:
    return Request({"type": "http", "method": "GET", "path": path.decode("latin-1"), "headers": []})


@given(st.binary(max_size=40), st.text(st.characters(codec="utf-8"), max_size=40))
def test_every_path_and_detail_makes_a_document(path: bytes, detail: str) -> None:
    answer = problem(_request(b"/" + path), HTTPStatus.NOT_FOUND, detail)
    shown = json.loads(bytes(answer.body))
    assert answer.headers["content-type"] == "application/problem+json"
    assert shown["detail"] == detail
    assert re.fullmatch(r"/[A-Za-z0-9\-._~%!$&'()*+,;=:@/]*", shown["instance"])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 415, 422, 500, 503])
def test_types_are_stable_and_distinct(status: int) -> None:
    shown = json.loads(bytes(problem(_request(), HTTPStatus(status), "x").body))
    assert shown["type"].startswith("urn:notifications:problem:")
    assert shown["status"] == status
    assert "errors" not in shown


def test_a_status_without_a_type_of_ours() -> None:
    assert (
        json.loads(bytes(problem(_request(), HTTPStatus.IM_A_TEAPOT, "x").body))["type"]
        == "about:blank"
    )


def test_unavailable_says_when_to_come_again() -> None:
    assert int(problem(_request(), HTTPStatus.SERVICE_UNAVAILABLE, "x").headers["retry-after"]) > 0


def test_fields_are_listed() -> None:
    errors = [FieldError(field="title", message="too long")]
    answer = problem(_request(), HTTPStatus.UNPROCESSABLE_ENTITY, "x", errors=errors)
    shown = json.loads(bytes(answer.body))
    assert shown["errors"] == [{"field": "title", "message": "too long"}]
