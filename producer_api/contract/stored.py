"""Checks documents that are read from MongoDB. A damaged one must not stop work for other users.

The database checks no types, so a repair by hand, a restore, or a faulty program can leave
anything in a document.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

import orjson

from producer_api.contract.ids import is_id
from producer_api.contract.notification import Document, Removal, public_json

#: Options of a MongoDB client. Without them, one text that is not UTF-8, or one time beyond the
#: year 9999, would fail the whole query that reads it.
TOLERANT: dict[str, Any] = {
    "unicode_decode_error_handler": "replace",
    "datetime_conversion": "DATETIME_AUTO",
}

#: Several times the size of the largest notification or event that the API accepts or makes. Kafka
#: refuses a record of 1 MiB. The relay would retry such a record forever, and publish no others.
MAX_RECORD_BYTES = 512 * 1024

#: Kafka accepts a record of this many characters, even if each takes six bytes in JSON.
_MAX_CHARACTERS = 128 * 1024
_TEXTS = ("user_id", "type", "title", "body", "data")
_OPTIONAL_TEXTS = ("severity", "image_url", "image_alt")
_MAX_ACTIONS, _MAX_ACTION_CHARACTERS = 10, 16 * 1024
_SIZED = (*_TEXTS, *_OPTIONAL_TEXTS, "action_url", "collapse_key", "traceparent")
_MISSING = object()
_NONE: list[Any] = []
_REMOVALS = (None, *get_args(Removal))
_OPTIONAL_TEXT = (str, type(None))
_OPTIONAL_TIME = (datetime, type(None))
_KINDS: tuple[tuple[str, tuple[type[Any], ...]], ...] = (
    *((name, (str,)) for name in _TEXTS),
    *((name, _OPTIONAL_TEXT) for name in ("action_url", "collapse_key", "superseded_by")),
    ("created_at", (datetime,)),
    *((name, _OPTIONAL_TIME) for name in ("expires_at", "delivered_at")),
    *((name, _OPTIONAL_TIME) for name in ("seen_at", "read_at", "archived_at")),
)


class UnreadableError(Exception):
    """Something stored in MongoDB is malformed. The message says what, without the data itself."""


def check_stored(document: Mapping[str, Any]) -> None:
    """Check that the notification can be shown, published and pushed. Raises `UnreadableError`."""
    problem = _problem(document)
    if problem is not None:
        raise UnreadableError(f"the stored notification cannot be read: {problem}")


def stored_json(document: Document) -> bytes:
    """Return the notification as JSON, as `public_json` does. Raises `UnreadableError`."""
    check_stored(document)
    return public_json(document)


def _problem(document: Mapping[str, Any]) -> str | None:
    if not is_id(document.get("_id")):
        return "_id is not a UUID"
    # Distinguish a missing field from None. None may be allowed, but code that reads a missing
    # field fails.
    for name, kinds in _KINDS:
        if not isinstance(document.get(name, _MISSING), kinds):
            return f"{name} is missing or has a wrong type"
    if (problem := _problem_of_optional(document)) is not None:
        return problem
    if _characters(document) > _MAX_CHARACTERS:
        return "it is too large"
    return None if _is_object(document["data"]) else "data is not a JSON object"


def _characters(document: Mapping[str, Any]) -> int:
    """Return how many characters the record would have, apart from names, times and ids."""
    texts = [document.get(name) or "" for name in _SIZED]
    for action in document.get("actions", _NONE):
        texts += action.values()
    return sum(map(len, texts))


def _problem_of_optional(document: Mapping[str, Any]) -> str | None:
    for name in (*_OPTIONAL_TEXTS, "traceparent"):
        if not isinstance(document.get(name, ""), str):
            return f"{name} is not a text"
    actions = document.get("actions", _NONE)
    if actions is not _NONE and not _are_actions(actions):
        return "actions is not a list of labels and links"
    if document.get("removed") not in _REMOVALS:
        return "removed has an unknown value"
    return None


def _are_actions(actions: object) -> bool:
    if not isinstance(actions, list) or len(actions) > _MAX_ACTIONS:
        return False
    return all(
        isinstance(action, dict)
        and action.keys() == {"label", "url"}
        and all(isinstance(text, str) for text in action.values())
        and sum(map(len, action.values())) <= _MAX_ACTION_CHARACTERS
        for action in actions
    )


def _is_object(data: str) -> bool:
    try:
        return isinstance(orjson.loads(data), dict)
    except orjson.JSONDecodeError:
        return False
