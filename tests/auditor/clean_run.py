"""The facts of a run without violations. Tests change the facts to plant a violation."""

import base64
import uuid
import zlib
from dataclasses import replace
from operator import attrgetter

from tests.auditor.facts import (
    CREATED,
    ERASED,
    AcceptedNotification,
    ClientEntry,
    Commit,
    DeadLetter,
    Extent,
    Facts,
    OffsetSample,
    Record,
    StoredNotification,
)

START = 1_800_000_000.0
"""The start of the run, in Unix seconds."""
NOW = START + 100


def id_at(seconds: float) -> str:
    """Return the id of a notification created `seconds` after the start."""
    milliseconds = round((START + seconds) * 1000)
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | 1))


def encoded_map(kind: str, body: bytes, version: int = 1) -> str:
    """Return a settled map as commit metadata, encoded by hand."""
    return base64.b64encode(bytes([version]) + kind.encode() + zlib.compress(body)).decode()


def created_record(offset: int, seconds: float, user: str = "ana", **fields: object) -> Record:
    """Return a record that creates a notification."""
    defaults = {"kind": CREATED, "user": user, "id": id_at(seconds), "at": START + seconds}
    return Record(0, offset, **{**defaults, "fingerprint": b"%d" % offset, **fields})  # type: ignore[arg-type]


def erasure_record(offset: int, seconds: float, user: str) -> Record:
    """Return a record of an erasure of the user."""
    up_to = id_at(seconds)
    return created_record(offset, seconds, user, kind=ERASED, id="", erased_up_to=up_to)


A1, A2, B3, A4, C5 = (id_at(seconds) for seconds in (1, 2, 3, 4, 5))

#: Ana is connected and has acknowledged notifications 1 and 2. Berto is offline and is owed 3. The
#: record between 2 and 3 is unreadable. The committed offset has passed these four records. Beyond
#: it, 4 waits for ana's ack. The map marks 5, which carla has acknowledged, and a state change.
CLEAN = Facts(
    now=NOW,
    extents=(Extent(0, 0, 7),),
    records=(
        created_record(0, 1),
        created_record(1, 2),
        created_record(2, 2.5, id="", problem="not JSON"),
        created_record(3, 3, "berto"),
        created_record(4, 4),
        created_record(5, 5, "carla"),
        created_record(6, 6, "berto", kind="notification.read", id=""),
    ),
    dead_letters=(DeadLetter(0, 2, "not JSON", b"2"),),
    commits=(Commit(0, 4, encoded_map("B", b"\x60")),),
    stored=(
        StoredNotification(A1, "ana", delivered_at=START + 10),
        StoredNotification(A2, "ana", delivered_at=START + 11),
        StoredNotification(B3, "berto"),
        StoredNotification(A4, "ana"),
        StoredNotification(C5, "carla", delivered_at=START + 12),
    ),
    client_entries=(
        ClientEntry(START, "ana-1", "ana", "connected"),
        ClientEntry(START, "carla-1", "carla", "connected"),
        ClientEntry(START + 9.8, "ana-1", "ana", "received", (A1,)),
        ClientEntry(START + 9.9, "ana-1", "ana", "acked", (A1,)),
        ClientEntry(START + 10.8, "ana-1", "ana", "received", (A2,)),
        ClientEntry(START + 10.9, "ana-1", "ana", "acked", (A2,)),
        ClientEntry(START + 11.8, "carla-1", "carla", "received", (C5,)),
        ClientEntry(START + 11.9, "carla-1", "carla", "acked", (C5,)),
        ClientEntry(START + 12.8, "ana-1", "ana", "received", (A4,)),
    ),
    accepted=tuple(
        AcceptedNotification(notification_id, user, answered_at=START + 6)
        for notification_id, user in (
            (A1, "ana"),
            (A2, "ana"),
            (B3, "berto"),
            (A4, "ana"),
            (C5, "carla"),
        )
    ),
    samples=(
        OffsetSample(START + 10, 0, 1),
        OffsetSample(START + 11, 0, 2),
        OffsetSample(START + 12, 0, 4),
    ),
)


def with_stored(*changed: StoredNotification, facts: Facts = CLEAN) -> Facts:
    """Return the facts with these notifications in MongoDB, added or replaced."""
    by_id = {stored.id: stored for stored in (*facts.stored, *changed)}
    return replace(facts, stored=tuple(by_id.values()))


def without_stored(notification_id: str, facts: Facts = CLEAN) -> Facts:
    """Return the facts without this notification in MongoDB."""
    remaining = tuple(stored for stored in facts.stored if stored.id != notification_id)
    return replace(facts, stored=remaining)


def with_record(record: Record, facts: Facts = CLEAN) -> Facts:
    """Return the facts with this record on the topic, instead of the one at its offset, if any."""
    others = [other for other in facts.records if other.offset != record.offset]
    records = tuple(sorted((*others, record), key=attrgetter("offset")))
    end = max(facts.extents[0].end, record.offset + 1)
    return replace(facts, records=records, extents=(Extent(0, 0, end),))


def with_client_entries(*entries: ClientEntry, facts: Facts = CLEAN) -> Facts:
    """Return the facts with these entries at the end of the clients' logs."""
    return replace(facts, client_entries=(*facts.client_entries, *entries))


def without_client_entries(event: str, notification_id: str, facts: Facts = CLEAN) -> Facts:
    """Return the facts without the entries of this event that name the notification."""
    entries = [
        entry
        for entry in facts.client_entries
        if entry.event != event or notification_id not in entry.ids
    ]
    return replace(facts, client_entries=tuple(entries))


def ana(event: str, *ids: str, after: float = 20) -> ClientEntry:
    """Return an entry of ana's client, `after` seconds after the start."""
    return ClientEntry(START + after, "ana-1", "ana", event, ids)
