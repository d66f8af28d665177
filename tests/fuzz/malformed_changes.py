"""Records that mute, withdraw or change notifications in odd ways."""

import orjson

from tests.fuzz.batches import RawRecord
from tests.fuzz.odd_records import ODD_BYTES, Random, one


def removed(rng: Random, good: RawRecord) -> bytes:
    """Return a batch whose record has the header `removed`: muted, withdrawn, or something odd."""
    said = rng.choice((b"muted", b"withdrawn", b"erased", *ODD_BYTES, None))
    header = b"removed", said
    return one(rng, good, headers=[*good.headers, *[header] * rng.choice((1, 1, 2))])


def changed(rng: Random, good: RawRecord) -> bytes:
    """Return a withdrawal, another change, or a notice of what is superseded, with odd items."""
    known = orjson.loads(good.value or b"{}")["id"]
    at = "2026-11-02T08:00:00Z"
    ids: tuple[object, ...] = (known, known, "", None, 1, [], "\0", "x" * 5_000, {"id": known})
    fields = ("withdrawn_at", "superseded_by", "read_at")
    items: list[object] = [
        rng.choice(({"id": rng.choice(ids), rng.choice(fields): at}, None, "x", {}, []))
        for _ in range(rng.choice((0, 1, 3, 500)))
    ]
    event = {"user_id": "x", "at": at, "unread_count": 0, "unseen_count": 0}
    event["changed"] = rng.choice((items, items, items, None, 1, {"id": known}))
    if rng.random() < 0.3:
        event.pop(rng.choice(list(event)))
    value = orjson.dumps(event)
    if rng.random() < 0.3:
        return one(rng, good, headers=[*good.headers, (b"inbox", value)])
    kind = rng.choice((b"notification.withdrawn", b"notification.withdrawn", b"notification.seen"))
    headers = [(k, kind if k == b"ce_type" else v) for k, v in good.headers]
    return one(rng, good, headers=headers, value=value)
