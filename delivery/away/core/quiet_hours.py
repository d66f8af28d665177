"""A shopper's quiet hours: a span of each day in their time zone, in which no device rings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The span from `begins` until just before `ends`, possibly across midnight.

    Empty if both are equal. Both are local times, so on the days when clocks change, the span is an
    hour longer or shorter.
    """

    begins: time
    ends: time
    zone: ZoneInfo

    @classmethod
    def parsed(cls, stored: object) -> Self | None:
        """Return the quiet hours in stored preferences; None if there are none, or damaged ones."""
        if not isinstance(stored, Mapping):
            return None
        begins, ends = _time(stored.get("from")), _time(stored.get("to"))
        zone = _zone(stored.get("time_zone"))
        return cls(begins, ends, zone) if begins and ends and zone else None

    def end_after(self, now: datetime) -> datetime | None:
        """Return when these quiet hours end, in UTC; None if `now` is not in them."""
        local = now.astimezone(self.zone)
        if not self._contain(local.time()):
            return None
        # When the clocks go back, the local time of an end may occur twice. When they go forward
        # past an end and into the next span, the quiet hours continue until the end after that.
        days = (local.date() + timedelta(days=day) for day in range(3))
        ends = (self._moment(day, self.ends.replace(fold=fold)) for day in days for fold in (0, 1))
        end = min(end for end in ends if end > now and self._is_over(end))
        # The quiet hours also end when the clocks go forward past their end, or back to before
        # their beginning.
        change = self._change_of_clocks(now, end)
        return change if change is not None and self._is_over(change) else end

    def _change_of_clocks(self, begin: datetime, end: datetime) -> datetime | None:
        """Return when the clocks are moved between these times; None if they are not."""
        before, after = int(begin.timestamp()), int(end.timestamp())
        offset = self._offset(before)
        if self._offset(after) == offset:
            return None
        while after - before > 1:
            middle = (before + after) // 2
            if self._offset(middle) == offset:
                before = middle
            else:
                after = middle
        return datetime.fromtimestamp(after, UTC)

    def _offset(self, seconds: int) -> timedelta | None:
        return datetime.fromtimestamp(seconds, self.zone).utcoffset()

    def _moment(self, day: date, wall: time) -> datetime:
        return datetime.combine(day, wall, self.zone).astimezone(UTC)

    def _is_over(self, moment: datetime) -> bool:
        return not self._contain(moment.astimezone(self.zone).time())

    def _contain(self, wall: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= wall < self.ends
        return wall >= self.begins or wall < self.ends


def _time(text: object) -> time | None:
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    return time(int(match[1]), int(match[2])) if match else None


def _zone(name: object) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (KeyError, ValueError, OSError):  # no such zone, or a name that cannot be a path
        return None
