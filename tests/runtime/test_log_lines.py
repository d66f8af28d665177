"""A log line is always one JSON object in ASCII, and never shows a secret."""

import json
import logging

import pytest

from runtime.log_lines import JsonLines


def _line(event: str = "it fails", error: Exception | None = None, **fields: object) -> str:
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("test", logging.ERROR, "here.py", 1, event, None, exc_info)
    vars(record).update(fields)
    return JsonLines().format(record)


@pytest.mark.parametrize(
    "text",
    [
        '127.0.0.1:5 - "WebSocket /socket.io/?EIO=4&token=SECRET" 403',
        "GET http://x/path?a=1&token=SECRET HTTP/1.1",
        "connect to /peer?token=SECRET\nfailed",
        "Authorization: Bearer SECRET.SECRET-SECRET",
        "the token eyJhbGciOiJIUzI1NiJ9.SECRETSECRET.SECRET-SECRET is expired",
        "mongodb://user:SECRET@host:27017/?replicaSet=rs0 does not answer",
    ],
)
def test_secrets_are_left_out_wherever_they_stand(text: str) -> None:
    for line in (
        _line(text),
        _line(cause=text),
        _line(causes=[{"text": text}]),
        _line(cause=ValueError(text)),
        _line(error=ValueError(text)),
    ):
        assert "SECRET" not in line
        assert json.loads(line)["level"] == "error"


def test_the_rest_of_a_text_stays() -> None:
    event = json.loads(_line("GET /peer?token=x is refused. Why? See docs?"))["event"]
    assert event == "GET /peer?… is refused. Why? See docs?"


def test_characters_that_control_a_terminal_are_escaped() -> None:
    text = "a\nb\r\x1b[2J\x9b2J\x7f\x00\u202e\u2028\u2066\ufeffé"
    line = _line(cause=text)
    assert line.isprintable()
    assert json.loads(line)["cause"] == text


@pytest.mark.parametrize(
    "value",
    ["\ud800", {"a": ["\udfff"]}, 2**70, -(2**64), float("nan"), b"\xff", {1: 2}, object(), {1, 2}],
)
def test_any_value_can_be_logged(value: object) -> None:
    assert json.loads(_line(value=value, other="kept"))["other"] == "kept"


def test_a_value_without_a_text_can_be_logged() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("broken")

    assert "RuntimeError" in json.loads(_line(value=Broken()))["value"]


def test_arguments_that_do_not_fit_do_not_lose_the_line() -> None:
    record = logging.LogRecord("test", logging.ERROR, "here.py", 1, "%d of %d", ("a",), None)
    assert json.loads(JsonLines().format(record))["event"] == "%d of %d"


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    line = _line(cause="begin" + "x" * 10_000_000 + "end")
    cause = json.loads(line)["cause"]
    assert len(line) < 20_000
    assert cause.startswith("begin")
    assert cause.endswith("end")
