"""Parses stored intents. A damaged one is None, not an error that stops the others."""

import logging
from collections.abc import Mapping
from typing import Any

from producer_api.contract.stored import MAX_RECORD_BYTES
from producer_api.outbox.intent import Intent
from producer_api.outbox.records import Notice, TopicRecord

_log = logging.getLogger(__name__)


def readable_intent(stored: Mapping[str, Any]) -> Intent | None:
    """Return the intent; None, with a log line, if it is malformed."""
    try:
        return Intent(
            _checked(stored["_id"], str),
            [_checked(one, str) for one in _checked(stored["ids"], list)],
            [_record(one) for one in _checked(stored["records"], list)],
            # An earlier version wrote intents without notices.
            dict(_notice(one) for one in _checked(stored.get("notices", []), list)),
        )
    except (KeyError, TypeError, ValueError) as error:
        extra = {"intent": str(stored["_id"]), "cause": repr(error)}
        _log.error("intent unreadable", extra=extra)
        return None


def _notice(stored: Mapping[str, Any]) -> tuple[str, Notice]:
    notice = Notice(_checked(stored["user"], str), _checked(stored["value"], bytes))
    _check_size(len(notice.value))
    return _checked(stored["id"], str), notice


def _record(stored: Mapping[str, Any]) -> TopicRecord:
    headers = [
        (_checked(name, str), _checked(value, bytes)) for name, value in _checked(stored["headers"])
    ]
    record = TopicRecord(_checked(stored["key"], bytes), _checked(stored["value"], bytes), headers)
    texts = [record.key, *(text for _, text in headers)]
    for text in texts:
        # The publisher decodes these later, to find the partition and the trace. Decode them here,
        # so that a `UnicodeDecodeError`, which is a `ValueError`, is raised now.
        text.decode()
    _check_size(sum(map(len, (record.value, *texts))))
    return record


def _check_size(count: int) -> None:
    if count > MAX_RECORD_BYTES:
        raise ValueError("the record is too large to publish")


def _checked(value: Any, kind: type[Any] = list) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, not {type(value).__name__}")
    return value
