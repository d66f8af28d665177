"""Masks user ids, for views that show many users at once."""

_DOTS = "•••"


def masked(user: str) -> str:
    """Return the first and the last character of the user id; of a short id, nothing."""
    return _DOTS if len(user) <= len(_DOTS) else f"{user[0]}{_DOTS}{user[-1]}"
