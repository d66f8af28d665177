"""A notification as a record of the topic."""

from dataclasses import dataclass

from producer_api.contract.events import EventType, headers
from producer_api.contract.notification import Document, public_json, rfc3339

_SOURCE = "/producer-api"


@dataclass(frozen=True, slots=True)
class Record:
    """One entry to be written to the topic."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def created(document: Document) -> Record:
    """The record that says this notification was created."""
    time = rfc3339(document["created_at"]) or ""
    return Record(
        document["user_id"].encode(),
        public_json(document),
        headers(document["_id"], EventType.CREATED, _SOURCE, time),
    )
