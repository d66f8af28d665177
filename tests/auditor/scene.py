"""A run without fault, as facts; tests plant what they want found."""

import base64
import uuid
import zlib
from dataclasses import replace

from tests.auditor.facts import (
    CREATED,
    ERASED,
    Accepted,
    Commit,
    DeadLetter,
    Entry,
    Extent,
    Facts,
    Record,
    Sample,
    Stored,
)

START = 1_800_000_000.0
"""When the run began."""
NOW = START + 100


def an_id(seconds: float) -> str:
    """The id of a notification created that long after the start."""
    milliseconds = round((START + seconds) * 1000)
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | 1))


def a_map(kind: str, body: bytes, version: int = 1) -> str:
    """The text of a map, put together by hand."""
    return base64.b64encode(bytes([version]) + kind.encode() + zlib.compress(body)).decode()


def a_record(offset: int, seconds: float, user: str = "ana", **fields: object) -> Record:
    """A record that creates a notification."""
    known = {"kind": CREATED, "user": user, "id": an_id(seconds), "at": START + seconds}
    return Record(0, offset, **{**known, "fingerprint": b"%d" % offset, **fields})  # type: ignore[arg-type]


def an_erasure(offset: int, seconds: float, user: str) -> Record:
    """A record that says that all of the user's was erased."""
    up_to = an_id(seconds)
    return a_record(offset, seconds, user, kind=ERASED, id="", erased_up_to=up_to)


A1, A2, B3, A4, C5 = (an_id(seconds) for seconds in (1, 2, 3, 4, 5))

#: Ana is connected and has acknowledged 1 and 2; berto is away, and owed 3; the record between
#: could not be read. The offset has passed these four. Behind it 4 waits for ana's ack; the map
#: marks 5, which carla has acknowledged, and a change of state.
CLEAN = Facts(
    now=NOW,
    extents=(Extent(0, 0, 7),),
    records=(
        a_record(0, 1),
        a_record(1, 2),
        a_record(2, 2.5, id="", problem="no JSON"),
        a_record(3, 3, "berto"),
        a_record(4, 4),
        a_record(5, 5, "carla"),
        a_record(6, 6, "berto", kind="notification.read", id=""),
    ),
    dead_letters=(DeadLetter(0, 2, "no JSON", b"2"),),
    commits=(Commit(0, 4, a_map("B", b"\x60")),),
    stored=(
        Stored(A1, "ana", delivered_at=START + 10),
        Stored(A2, "ana", delivered_at=START + 11),
        Stored(B3, "berto"),
        Stored(A4, "ana"),
        Stored(C5, "carla", delivered_at=START + 12),
    ),
    entries=(
        Entry(START, "ana-1", "ana", "connected"),
        Entry(START, "carla-1", "carla", "connected"),
        Entry(START + 9.8, "ana-1", "ana", "received", (A1,)),
        Entry(START + 9.9, "ana-1", "ana", "acked", (A1,)),
        Entry(START + 10.8, "ana-1", "ana", "received", (A2,)),
        Entry(START + 10.9, "ana-1", "ana", "acked", (A2,)),
        Entry(START + 11.8, "carla-1", "carla", "received", (C5,)),
        Entry(START + 11.9, "carla-1", "carla", "acked", (C5,)),
        Entry(START + 12.8, "ana-1", "ana", "received", (A4,)),
    ),
    accepted=tuple(
        Accepted(name, user, at=START + 6)
        for name, user in ((A1, "ana"), (A2, "ana"), (B3, "berto"), (A4, "ana"), (C5, "carla"))
    ),
    samples=(Sample(START + 10, 0, 1), Sample(START + 11, 0, 2), Sample(START + 12, 0, 4)),
)


def with_stored(*changed: Stored, facts: Facts = CLEAN) -> Facts:
    """The same, but these notifications are in MongoDB as given here."""
    known = {each.id: each for each in (*facts.stored, *changed)}
    return replace(facts, stored=tuple(known.values()))


def without_stored(name: str, facts: Facts = CLEAN) -> Facts:
    """The same, but MongoDB lacks that notification."""
    return replace(facts, stored=tuple(each for each in facts.stored if each.id != name))


def with_record(record: Record, facts: Facts = CLEAN) -> Facts:
    """The same, and that record is on the log, in the place of the one there or at the end."""
    others = [each for each in facts.records if each.offset != record.offset]
    records = tuple(sorted((*others, record), key=lambda each: each.offset))
    end = max(facts.extents[0].end, record.offset + 1)
    return replace(facts, records=records, extents=(Extent(0, 0, end),))


def with_entries(*entries: Entry, facts: Facts = CLEAN) -> Facts:
    """The same, and the clients note these as well, after all else."""
    return replace(facts, entries=(*facts.entries, *entries))


def without_entries(event: str, name: str, facts: Facts = CLEAN) -> Facts:
    """The same, but no client has noted this event of that notification."""
    entries = [each for each in facts.entries if not (each.event == event and name in each.ids)]
    return replace(facts, entries=tuple(entries))


def ana(event: str, *ids: str, after: float = 20) -> Entry:
    """Something that happens to ana's client."""
    return Entry(START + after, "ana-1", "ana", event, ids)
