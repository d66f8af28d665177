"""Who joins the delivery group, leaves it, or dies, and when partitions change hands."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from deploy.console.core.moments import text_of

_KEPT_EVENTS = 30
#: How long an instance is still shown after it has gone.
_SHOWN_MS = 60_000


class Answer(StrEnum):
    """What an instance's `/readyz` last answered."""

    READY = "ready"
    NOT_READY = "not ready"
    SILENT = "silent"
    """The instance does not answer in time."""
    NONE = "none"
    """The instance accepts no connections: its process has ended."""

    @property
    def is_silence(self) -> bool:
        """Whether the instance did not answer at all."""
        return self in {Answer.SILENT, Answer.NONE}


class Life(StrEnum):
    """The state of an instance, as the river shows it."""

    READY = "ready"
    NOT_READY = "not ready"
    GONE = "gone"


class GroupEvent(NamedTuple):
    """Something that happened to the group."""

    at: int
    what: str
    instance: str | None
    detail: str

    def public(self) -> dict[str, Any]:
        """Return the event as JSON for the page."""
        return {**self._asdict(), "at": text_of(self.at)}


class Members:
    """Owns the list of instances and the last events of the group.

    An instance that stops cleanly leaves the group first, and then closes its port. So a member
    that accepts no connections in two updates in a row has died. Usually its peers remove it from
    the group before that, and report the removal in `/status`. A member that leaves the group after
    it did not answer the last probe has died, too.
    """

    def __init__(self) -> None:
        self.group_events: deque[GroupEvent] = deque(maxlen=_KEPT_EVENTS)
        self.lives: dict[str, Life] = {}
        self._gone_at: dict[str, int] = {}
        self._silent: set[str] = set()
        self._is_mute: dict[str, bool] = {}
        self._owners: tuple[str, ...] = ()
        self._has_baseline = False

    def update(
        self,
        members: Sequence[str],
        answers: Mapping[str, tuple[Answer, str]],
        owners: Sequence[str],
        now: int,
        removed: Collection[str] = (),
    ) -> None:
        """Note the members' addresses, what each answered and why, and the owners.

        `owners` has an address for each partition. A partition without an address has no owner at
        the moment. `removed` has the instances that their peers have just removed from the group.
        """
        for url in members:
            self._see(url, *answers.get(url, (Answer.NOT_READY, "not asked yet")), now)
        for url in [url for url, life in self.lives.items() if url not in members]:
            if self.lives[url] is not Life.GONE:
                self._end_of_member(url, now, is_removed=url in removed)
            elif now - self._gone_at[url] > _SHOWN_MS:
                del self.lives[url], self._gone_at[url]
                self._is_mute.pop(url, None)
        self._see_owners(tuple(owners), now)
        self._has_baseline = True

    def _see(self, url: str, answer: Answer, reason: str, now: int) -> None:
        life = self.lives.get(url)
        if answer is Answer.NONE:
            if life is None or life is Life.GONE:
                return  # it ended before, and Kafka has not yet noticed that
            if url in self._silent:
                self._end(url, "died", "its port is closed, and it has not left the group", now)
            self._silent.add(url)
            return
        self._silent.discard(url)
        if life is None or life is Life.GONE:
            self._gone_at.pop(url, None)
            if self._has_baseline:
                self._happen(now, "joined", url, "")
        self._is_mute[url] = answer is Answer.SILENT
        current = Life.READY if answer is Answer.READY else Life.NOT_READY
        if current is not life and (self._has_baseline or current is Life.NOT_READY):
            self._happen(now, current.value, url, reason)
        self.lives[url] = current

    def _end_of_member(self, url: str, now: int, *, is_removed: bool) -> None:
        if is_removed:
            self._end(url, "died", "its port was closed, and its peers removed it", now)
        elif self._is_mute.get(url):
            self._end(url, "died", "it did not answer any more, and Kafka removed it", now)
        else:
            self._end(url, "left", "it shut down", now)

    def _end(self, url: str, what: str, detail: str, now: int) -> None:
        self.lives[url] = Life.GONE
        self._gone_at[url] = now
        self._silent.discard(url)
        self._happen(now, what, url, detail)

    def _see_owners(self, owners: tuple[str, ...], now: int) -> None:
        if not owners or owners == self._owners:
            return
        if self._owners:
            pairs = zip(owners, self._owners, strict=False)
            moved = sum(new != old for new, old in pairs)
            count = len({owner for owner in owners if owner})
            detail = f"{moved} partitions changed hands; {len(owners)} over {count} instances"
            self._happen(now, "rebalanced", None, detail)
        self._owners = owners

    def _happen(self, now: int, what: str, instance: str | None, detail: str) -> None:
        self.group_events.append(GroupEvent(now, what, instance, detail))
