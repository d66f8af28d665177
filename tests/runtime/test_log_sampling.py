"""Log lines are JSON with fixed fields, and repeated errors are limited."""

import json
import logging

from runtime.log_lines import JsonLines
from runtime.log_sampling import Sampled


class _Logged:
    """A logger that keeps its lines. The test sets its clock."""

    def __init__(self, most: int = 2) -> None:
        self.now = 0.0
        self.lines: list[dict[str, object]] = []
        handler = logging.Handler()
        handler.emit = self._keep  # type: ignore[method-assign] # keep the lines only
        handler.setFormatter(JsonLines())
        handler.addFilter(Sampled(most, 10.0, lambda: self.now))
        self._format = handler.format
        self.logger = logging.Logger("test")  # noqa: LOG001 - without the handlers of others
        self.logger.addHandler(handler)

    def _keep(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self._format(record)))

    def fail(self, times: int = 1) -> None:
        """Log the same error this many times."""
        for number in range(times):
            self.logger.warning("it fails", extra={"cause": f"cause {number}"})

    def fail_elsewhere(self) -> None:
        """Log another error."""
        self.logger.error("something else fails")


def test_a_line_has_its_fields() -> None:
    logged = _Logged()
    logged.fail()
    (line,) = logged.lines
    assert line.pop("time")
    assert line == {
        "level": "warning",
        "logger": "test",
        "event": "it fails",
        "cause": "cause 0",
    }


def test_errors_of_one_kind_are_counted_beyond_the_limit() -> None:
    logged = _Logged(most=2)
    logged.fail(5)
    logged.fail_elsewhere()
    assert [line["event"] for line in logged.lines] == [*["it fails"] * 2, "something else fails"]
    logged.now = 9.9
    logged.fail()
    assert len(logged.lines) == 3
    logged.now = 10.0
    logged.fail(2)
    assert [line.get("left_out") for line in logged.lines[3:]] == [4, None]


def test_a_flood_hides_no_bug_in_the_same_place_of_the_code() -> None:
    logged = _Logged(most=1)
    for error in (ValueError("junk"), ValueError("junk"), KeyError("a bug"), _raised(), _raised()):
        logged.logger.error("unhandled", exc_info=error)
    for cause in ("HandshakeError('junk 1')", "HandshakeError('junk 2')", "OSError('a fault')"):
        logged.logger.warning("refused", extra={"cause": cause})
    errors = [str(line["error"]).splitlines()[-1] for line in logged.lines if "error" in line]
    assert [error.partition(":")[0] for error in errors] == ["ValueError", "KeyError", "ValueError"]
    causes = [line["cause"] for line in logged.lines if "cause" in line]
    assert causes == ["HandshakeError('junk 1')", "OSError('a fault')"]


def test_texts_that_vary_make_a_limited_number_of_kinds() -> None:
    logged = _Logged(most=1)
    for number in range(1_000):
        logged.logger.error(f"{chr(200 + number)} of {number} fails")  # noqa: G004 - as libraries do
    assert len(logged.lines) < 600
    logged.now = 10.0
    logged.fail()
    assert logged.lines[-1]["event"] == "it fails"


def _raised() -> ValueError:
    try:
        int("raised")
    except ValueError as error:
        return error
    raise AssertionError


def test_info_is_always_written() -> None:
    logged = _Logged(most=1)
    for _ in range(5):
        logged.logger.info("partitions assigned")
    assert len(logged.lines) == 5
