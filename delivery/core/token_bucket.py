"""A token bucket: how much someone may use now, and how fast that is refilled."""


class TokenBucket:
    """Owns the tokens that are left, and the time of the last refill.

    `take` needs no clock, so it may be called for every frame. The caller reads the clock and calls
    `refill` only when `take` returns False. Because refills are late, someone who has used little
    for a long time may use up to twice the burst at once.
    """

    __slots__ = ("_burst", "_rate", "_refilled_at", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        """Begin with `burst` tokens. Refill `rate` a second, up to `burst`."""
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._refilled_at = now

    def take(self, tokens: float) -> bool:
        """Take tokens, and return whether there were enough. If not, call `refill`."""
        self._tokens -= tokens
        return self._tokens >= 0

    def give_back(self, tokens: float) -> None:
        """Return tokens that were taken for something that is free after all."""
        self._tokens = min(self._burst, self._tokens + tokens)

    def refill(self, now: float) -> bool:
        """Add the tokens since the last refill, and return whether they cover what was taken.

        The debt is limited to one burst, and the rest is dropped. So after a pause in which an
        empty bucket would fill up, the next use is always allowed.
        """
        added = (now - self._refilled_at) * self._rate
        self._refilled_at = now
        self._tokens = min(self._burst, max(-self._burst, self._tokens) + added)
        return self._tokens >= 0

    def is_full(self, now: float) -> bool:
        """Return whether the bucket would be full now, so that a new one could replace it."""
        return self._tokens + (now - self._refilled_at) * self._rate >= self._burst
