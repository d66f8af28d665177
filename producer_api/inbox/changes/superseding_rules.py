"""Which notifications give way to a newer one of their user and collapse key, and who is told."""

from collections.abc import Collection, Iterable
from typing import Any, cast

from producer_api.contract.notification import Document


def keys_of(documents: Iterable[Document]) -> dict[str, set[str]]:
    """By user, the collapse keys of these; users without one are left out."""
    keys: dict[str, set[str]] = {}
    for each in documents:
        if each["collapse_key"] is not None:
            keys.setdefault(each["user_id"], set()).add(each["collapse_key"])
    return keys


def superseded(standing: Collection[Document]) -> list[Document]:
    """All of these but the newest of each user and key, whose id is their `superseded_by` then;
    newest first. The newest goes by the id, whoever created it and whenever that was written.
    """
    newest: dict[tuple[str, str | None], str] = {}
    for each in standing:
        newest[_key(each)] = max(each["_id"], newest.get(_key(each), ""))
    older = [each for each in standing if each["_id"] != newest[_key(each)]]
    older.sort(key=lambda each: each["_id"], reverse=True)
    return [_changed(each, superseded_by=newest[_key(each)]) for each in older]


def to_tell(
    gone: Iterable[Document], created: Collection[Document]
) -> dict[str, tuple[str, list[Document]]]:
    """By user, of whom something is superseded that may be on a screen: which of the created is to
    tell of it, the first of a key concerned; and what is to be told. What is superseded in the
    very transaction that creates it is on no screen, and never will be.
    """
    ours = {each["_id"] for each in created}
    earlier: dict[str, list[Document]] = {}
    for each in gone:
        if each["_id"] not in ours:
            earlier.setdefault(each["user_id"], []).append(each)
    concerned = {_key(each) for documents in earlier.values() for each in documents}
    first: dict[str, str] = {}
    for each in created:
        if _key(each) in concerned:
            first.setdefault(each["user_id"], each["_id"])
    return {user_id: (first[user_id], documents) for user_id, documents in earlier.items()}


def _key(document: Document) -> tuple[str, str | None]:
    return document["user_id"], document["collapse_key"]


def _changed(document: Document, **fields: Any) -> Document:
    return cast("Document", {**document, **fields})
