"""One odd record in a batch, perhaps with good records around it."""

import random

from tests.fuzz.batches import RawBatch, RawRecord

Random = random.Random
CODECS = (0, 1, 2, 3, 4)
ODD_BYTES = (b"", b"\0", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", "ñ€𝄞".encode(), b"a" * 300)


def one(rng: Random, good: RawRecord, **changes: object) -> bytes:
    """Return a batch with one changed record, perhaps with good records around it."""
    bad = RawRecord(**{**good.__dict__, **changes})
    records = [good] * rng.randrange(3) + [bad] + [good] * rng.randrange(3)
    return RawBatch(records, codec=rng.choice(CODECS)).encode()
