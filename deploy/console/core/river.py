"""The state of the river: partitions as lanes, instances, what is in flight, and who came and went.

Pure: combines what Kafka and the instances report.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from deploy.console.core.members import Life, Members
from deploy.console.core.moments import milliseconds_of

_MOST_IN_FLIGHT = 100
#: A removal explains why an instance has gone if it happened less than this long ago.
_JUST_MS = 5_000


class Lane(NamedTuple):
    """One partition, according to Kafka."""

    partition: int
    owner: str | None
    committed: int
    end: int
    settled_beyond: int
    """Settled records beyond the committed offset, according to the map in the commit."""


@dataclass(slots=True)
class Instance:
    """What one instance last reported."""

    url: str
    status: Mapping[str, Any] = field(default_factory=dict)
    """The instance's `/status`; empty if it did not answer."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    per_second: Mapping[str, float] = field(default_factory=dict)

    @property
    def removed(self) -> set[str]:
        """The peers that this instance has just removed from the group, because they had ended."""
        now = milliseconds_of(self.status.get("at"))
        return {
            peer
            for each in _objects(self.status.get("removed"))
            if isinstance(peer := each.get("peer"), str)
            and (at := milliseconds_of(each.get("at"))) is not None
            and now is not None
            and now - at < _JUST_MS
        }

    @property
    def partitions(self) -> dict[int, Mapping[str, Any]]:
        """What the instance reports about each of its partitions."""
        found = _objects(self.status.get("partitions"))
        return {each["partition"]: each for each in found if isinstance(each.get("partition"), int)}


def lanes_json(lanes: Iterable[Lane], instances: Mapping[str, Instance]) -> list[dict[str, Any]]:
    """Return the lanes as the page shows them, with what their owners report about them."""
    shown = []
    for lane in lanes:
        owner = instances.get(lane.owner or "")
        said = owner.partitions.get(lane.partition, {}) if owner else {}
        # The owner may have read further than the console.
        end = max(lane.end, _whole(said.get("next_to_receive")))
        waiting = [each for each in _in_flight(owner) if each.get("partition") == lane.partition]
        shown.append(
            {
                "partition": lane.partition,
                "owner": lane.owner,
                "committed": lane.committed,
                "end": end,
                "lag": max(0, end - lane.committed),
                "settled_beyond": said.get("settled_beyond", lane.settled_beyond),
                "unsettled": said.get("unsettled", 0),
                "paused": bool(said.get("paused", False)),
                "stopped": bool(said.get("stopped", False)),
                "waits_for": said.get("waits_for"),
                "in_flight": sum(_whole(each.get("count")) for each in waiting),
            }
        )
    return shown


def instances_json(
    members: Members, instances: Mapping[str, Instance], lanes: Sequence[Lane]
) -> list[dict[str, Any]]:
    """Return the instances as the page shows them."""
    return [
        {
            "url": url,
            "name": _name(url),
            "state": life.value,
            "reasons": dict(instance.reasons),
            "generation": instance.status.get("generation"),
            "draining": bool(instance.status.get("draining", False)),
            "sockets": instance.status.get("sockets"),
            "partitions": sum(lane.owner == url for lane in lanes),
            "links": _objects(instance.status.get("links")),
            "per_second": dict(instance.per_second),
        }
        for url, life in sorted(members.lives.items())
        for instance in [_alive(url, life, instances)]
    ]


def in_flight_json(instances: Iterable[Instance]) -> list[dict[str, Any]]:
    """Return what is in flight on all instances. What has waited longest comes first."""
    entries = [
        {**each, "instance": instance.url}
        for instance in instances
        for each in _in_flight(instance)
    ]
    return sorted(entries, key=lambda each: str(each.get("pushed_at")))[:_MOST_IN_FLIGHT]


def _alive(url: str, life: Life, instances: Mapping[str, Instance]) -> Instance:
    """Return what the instance reported; an empty report if the instance has gone."""
    return Instance(url) if life is Life.GONE else instances.get(url, Instance(url))


def _name(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        return str(parts.port) if is_local and parts.port else parts.netloc
    except ValueError:  # a member may announce any text as its address, such as a port `x`
        return url


def _in_flight(instance: Instance | None) -> list[dict[str, Any]]:
    return _objects(instance.status.get("in_flight")) if instance else []


def _whole(value: object) -> int:
    return value if type(value) is int else 0


def _objects(value: object) -> list[dict[str, Any]]:
    """Return the JSON objects in a list that another program sent; none if it is not a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
