"""Log lines are JSON with fixed fields, and repeated errors are limited."""

import json
import logging

from runtime.logs import JsonLines, Sampled


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


def test_info_is_always_written() -> None:
    logged = _Logged(most=1)
    for _ in range(5):
        logged.logger.info("partitions assigned")
    assert len(logged.lines) == 5
