"""Whether the client retries after a response, or after none, and how long it pauses before."""

import pytest

from producer_api.client.errors import Problem, RefusedError, UnavailableError, UnreachableError
from producer_api.client.retries import (
    AttemptOutcome,
    NoResponse,
    Response,
    content_of,
    pause_after,
)

_LONG = 1000.0


@pytest.mark.parametrize("status", [200, 201, 202, 204, 301, 400, 401, 403, 404, 413, 422, 500])
def test_a_status_that_a_retry_cannot_change_is_final(status: int) -> None:
    assert pause_after(Response(status), 0, _LONG, 0.5) is None


@pytest.mark.parametrize(
    "outcome", [NoResponse("x"), *(Response(status) for status in (408, 409, 429, 502, 503, 504))]
)
def test_pauses_grow_up_to_a_limit_and_are_random(outcome: AttemptOutcome) -> None:
    pauses = [pause_after(outcome, attempt, _LONG, 1.0) for attempt in (0, 1, 2, 10, 10_000)]
    assert pauses == [0.2, 0.4, 0.8, 5.0, 5.0]
    assert pause_after(outcome, 0, _LONG, 0.0) == 0.1


def test_retry_after_is_added_to_the_pause() -> None:
    assert pause_after(Response(503, retry_after="2"), 0, _LONG, 1.0) == 2.2


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "²", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_other_forms_of_retry_after_are_ignored(text: str) -> None:
    assert pause_after(Response(429, retry_after=text), 0, _LONG, 1.0) == 0.2


def test_an_outcome_is_final_if_the_pause_exceeds_the_time_left() -> None:
    assert pause_after(Response(503, retry_after="30"), 0, 10.0, 0.5) is None
    assert pause_after(NoResponse("x"), 0, 0.15, 0.5) is None
    assert pause_after(NoResponse("x"), 0, 0.16, 0.5) == pytest.approx(0.15)
    assert pause_after(NoResponse("x"), 0, -1.0, 0.5) is None


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_has_content(status: int) -> None:
    assert content_of(Response(status, b"x")) == b"x"


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (NoResponse("refused"), UnreachableError),
        (Response(503), UnavailableError),
        (Response(409), UnavailableError),
        (Response(422), RefusedError),
        (Response(500), RefusedError),
        (Response(302), RefusedError),
    ],
)
def test_every_other_outcome_raises_its_own_error(
    outcome: AttemptOutcome, error: type[Exception]
) -> None:
    with pytest.raises(error):
        content_of(outcome)


def test_an_error_has_the_problem() -> None:
    content = b'{"type":"urn:x","title":"T","detail":"D","errors":[{"field":"a","message":"m"}]}'
    with pytest.raises(RefusedError, match="answered 422: D") as refusal:
        content_of(Response(422, content))
    expected = Problem(422, "urn:x", "T", "D", ({"field": "a", "message": "m"},))
    assert refusal.value.problem == expected


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"null", b"\xff", b"{}", b'{"errors":5}', b'{"errors":["no"]}'],
)
def test_a_response_without_a_problem_document_becomes_a_problem(content: bytes) -> None:
    problem = Problem(502, "about:blank", "Bad Gateway", "Bad Gateway")
    assert Problem.read(502, content) == problem
    assert Problem.read(599, content).title == "Unknown"
