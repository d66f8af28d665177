"""Which owner an edge has told about an ack, and whether that owner still knows it."""


class Told:
    """The acks that an edge sent over one link during a second or so."""

    __slots__ = ("is_safe", "session")

    def __init__(self, session: object) -> None:
        self.session = session
        """An object that is the same from the moment the link came up until it broke."""
        self.is_safe = False
        """Whether the link stayed up for so long afterwards that the owner has written the acks."""


#: The owner has not been told: its link has broken, or it does not own the partition any more.
UNTOLD = Told(None)


def is_written_here(told: Told | None) -> bool:
    """Return whether the ack is written already, or this process writes it.

    The owner in this process is told by a call, for which there is no `Told`.
    """
    return told is None or told.is_safe
