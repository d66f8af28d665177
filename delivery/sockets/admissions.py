"""How often each user may connect, so that a user who keeps connecting slows down nobody else."""

import time
from itertools import islice

from delivery.core.token_bucket import TokenBucket

#: A user may connect `_BURST` times at once, and then `_RATE` times a second, both multiplied by
#: the number of connections that a user may have. Real clients wait longer after each failure.
_BURST, _RATE = 50, 0.25
#: A connection that was ended because it sent too many packets counts as this many connections.
_FLOOD = 100
#: How many users are checked at each new connection, to forget those whose budget is full again.
_CHECKED_AT_ONCE = 2


class Admissions:
    """Owns the budget of each user who has connected lately."""

    def __init__(self, max_connections: int) -> None:
        self._rate, self._burst = _RATE * max_connections, _BURST * max_connections
        #: The users who connected longest ago come first.
        self._budgets: dict[str, TokenBucket] = {}

    def admit(self, user: str) -> bool:
        """Return whether the user may connect now."""
        now = time.monotonic()
        self._forget_some(now)
        budget = self._budgets.pop(user, None) or TokenBucket(self._rate, self._burst, now)
        self._budgets[user] = budget
        if budget.take(1) or budget.refill(now):
            return True
        budget.give_back(1)
        return False

    def flooded(self, user: str) -> None:
        """Count a connection of the user that was ended because it sent too many packets."""
        if (budget := self._budgets.get(user)) is not None:
            budget.take(_FLOOD)

    def _forget_some(self, now: float) -> None:
        for user in list(islice(self._budgets, _CHECKED_AT_ONCE)):
            if self._budgets[user].is_full(now):
                del self._budgets[user]
