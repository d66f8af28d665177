"""The outcomes of an attempt to tell a notification."""

from typing import NamedTuple


class Told(NamedTuple):
    """A push service or the shop's endpoint has accepted the notification."""


class NoRecipient(NamedTuple):
    """There is nobody to tell."""


class Failed(NamedTuple):
    """Try again later."""

    reason: str
    asked_seconds: float = 0.0
    """The pause that the endpoint asks for, in seconds."""
    told: tuple[str, ...] = ()
    """The subscriptions that did get the notification."""


class Busy(NamedTuple):
    """The endpoint has no slot free. Try again soon, and count no failure."""

    told: tuple[str, ...] = ()


class Refused(NamedTuple):
    """Do not try again automatically: an operator must change something first."""

    reason: str


Outcome = Told | NoRecipient | Failed | Busy | Refused
