"""Decides which notifications are superseded by a newer one of the same user and key. Pure."""

from collections.abc import Collection, Iterable
from typing import Any, cast

from producer_api.contract.notification import Document


def collapse_keys(documents: Iterable[Document]) -> dict[str, set[str]]:
    """Return the collapse keys of these documents by user. Leaves out users without keys."""
    keys: dict[str, set[str]] = {}
    for document in documents:
        if document["collapse_key"] is not None:
            keys.setdefault(document["user_id"], set()).add(document["collapse_key"])
    return keys


def superseded(standing: Collection[Document], created: Iterable[Document]) -> list[Document]:
    """Return all but the newest notification of each user and key, with `superseded_by` set.

    `created` are the notifications that the transaction creates, in the order of the request. The
    newest of a user and key is the last of these: the transaction has the users' turns, so all
    other standing notifications were committed before. The ids do not decide, because the clocks of
    two processes may differ. The result is in the order of the ids, highest first.
    """
    newest = {_key(document): document["_id"] for document in created}
    older = [document for document in standing if document["_id"] != newest[_key(document)]]
    # A damaged id may not be a text.
    older.sort(key=lambda document: str(document["_id"]), reverse=True)
    return [_changed(document, superseded_by=newest[_key(document)]) for document in older]


def announcements(
    superseded: Iterable[Document], created: Collection[Document]
) -> dict[str, tuple[str, list[Document]]]:
    """Return the superseded notifications that clients may be showing, for each user.

    Maps each user to the id of the created notification whose record announces them, and to their
    documents. The record is that of the first created notification with one of their collapse keys.
    A notification that is superseded in the transaction that created it was never shown, so it is
    not announced.
    """
    created_ids = {document["_id"] for document in created}
    earlier: dict[str, list[Document]] = {}
    for document in superseded:
        if document["_id"] not in created_ids:
            earlier.setdefault(document["user_id"], []).append(document)
    keys = {_key(document) for documents in earlier.values() for document in documents}
    carriers: dict[str, str] = {}
    for document in created:
        if _key(document) in keys:
            carriers.setdefault(document["user_id"], document["_id"])
    return {user_id: (carriers[user_id], documents) for user_id, documents in earlier.items()}


def _key(document: Document) -> tuple[str, str | None]:
    return document["user_id"], document["collapse_key"]


def _changed(document: Document, **fields: Any) -> Document:
    return cast("Document", {**document, **fields})
