"""The log that picows writes to."""

import logging
from collections.abc import Callable

_log = logging.getLogger(__name__)


class ParserLog:
    """Counts a peer's protocol errors, and calls `then` after any error.

    Drops the texts of protocol errors. Otherwise, every hostile client could write to our log.
    """

    __slots__ = ("_count", "_then")

    def __init__(self, count: Callable[[], None], then: Callable[[], None]) -> None:
        self._count = count
        self._then = then

    def isEnabledFor(self, _level: int) -> bool:  # noqa: N802 - the name is logging's
        """Return False, so that picows formats no messages."""
        return False

    def error(self, *_arguments: object) -> None:
        """Count a peer's error."""
        self._count()
        self._then()

    def exception(self, *_arguments: object) -> None:
        """Log the exception that picows is handling. Only a bug of ours can raise one."""
        _log.exception("frame handler failed")
        self._then()

    def info(self, *_arguments: object) -> None:
        """Drop the text."""

    debug = warning = info
