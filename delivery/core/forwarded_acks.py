"""The acks that an edge has forwarded to an owner, and whether they are written by now."""


class ForwardedAcks:
    """The acks that an edge forwarded over one link during about a second."""

    __slots__ = ("are_written", "session")

    def __init__(self, session: object) -> None:
        self.session = session
        """Stands for the link: the same object from the moment the link came up until it broke."""
        self.are_written = False
        """Whether the link stayed up for so long afterwards that the owner has written the acks."""


#: Stands for acks that may have no effect at any owner, for example because the link has broken.
NOT_FORWARDED = ForwardedAcks(None)


def is_written_here(forwarded: ForwardedAcks | None) -> bool:
    """Return whether the ack is written already, or this process will write it.

    None stands for an ack that was passed to the owner in this process.
    """
    return forwarded is None or forwarded.are_written
