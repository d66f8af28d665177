"""Masks user ids, for people who do not need to know who the user is."""

_DOTS = "•••"
#: An id of at most this many characters could be recognized by its first and last character.
_SHORT = 3


def masked(user_id: str) -> str:
    """Return the id with dots between its first and last character; only dots for a short id."""
    return _DOTS if len(user_id) <= _SHORT else f"{user_id[0]}{_DOTS}{user_id[-1]}"
