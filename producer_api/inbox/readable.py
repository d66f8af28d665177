"""Leaves out stored notifications that are malformed, and logs each of them."""

import logging
from collections.abc import Iterable

from producer_api.contract.notification import Document
from producer_api.contract.stored import UnreadableError, check_stored

_log = logging.getLogger(__name__)


def readable(documents: Iterable[Document]) -> list[Document]:
    """Return the notifications that can be shown. Leaves out the others."""
    return [document for document in documents if _is_readable(document)]


def check_readable(document: Document) -> None:
    """Check that this notification can be shown. Raises `UnreadableError`."""
    try:
        check_stored(document)
    except UnreadableError as error:
        extra = {"notification": document["_id"], "cause": str(error)}
        _log.error("notification unreadable", extra=extra)
        raise


def _is_readable(document: Document) -> bool:
    try:
        check_readable(document)
    except UnreadableError:
        return False
    return True
