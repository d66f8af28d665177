"""A note in MongoDB which says that receipts are owed. It is stored before the acks are written."""

from collections.abc import Sequence

from bson import ObjectId

from delivery.receipts.owed_receipts import Delivered, OwedReceipts


class OwedNote:
    """Owns the number of acks that still need the note."""

    __slots__ = ("_acks", "_id", "_owed")

    def __init__(self, owed: OwedReceipts, acks: int) -> None:
        self._owed = owed
        self._id = ObjectId()
        self._acks = acks

    async def store(self, delivered: Sequence[Delivered], moments: Sequence[int]) -> None:
        """Store the note. It may be stored even if this raises an error.

        `moments` has the `delivered_at` of each ack, in Unix milliseconds.

        Raises `PyMongoError`, `BSONError` or `UnicodeError`.
        """
        await self._owed.open(self._id, delivered, moments)

    def release(self, acks: int) -> None:
        """Delete the note if these acks were the last ones that needed it."""
        self._acks -= acks
        if not self._acks:
            self._owed.end((self._id,))
