"""Which faults hit the shop, in which order and for how long. Pure: a seed gives one schedule."""

import random
from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of fault: what it hits, the number of its targets, and how long it may last."""

    part: str
    """The part that fails. No step of `schedule` has two faults of one part."""
    targets: int
    shortest: float = 0.0
    longest: float = 0.0
    """The bounds of a fault's duration, in seconds."""


class Fault(NamedTuple):
    """One fault. It begins `after` seconds into its step, and ends `seconds` later."""

    kind: str
    target: int
    seconds: float
    after: float = 0.0


class Step(NamedTuple):
    """Faults that may overlap, and what the step is called in the table."""

    name: str
    faults: tuple[Fault, ...]


STORM = "storm"
_STORMS_IN_A_ROUND = 6
_LARGEST_STORM, _STORM_SECONDS = 4, 8.0

KINDS: Mapping[str, Kind] = {
    "broker restarted": Kind("kafka", 3),
    "broker killed": Kind("kafka", 3, 1, 8),
    "broker frozen": Kind("kafka", 3, 3, 20),
    "coordinator killed": Kind("kafka", 1, 1, 8),
    "coordinator frozen": Kind("kafka", 1, 3, 20),
    "two brokers killed": Kind("kafka", 3, 1, 8),
    "two brokers frozen": Kind("kafka", 3, 3, 20),
    "brokers restarted in turn": Kind("kafka", 1),
    "link to a broker cut": Kind("link to kafka", 3, 1, 15),
    "link to a broker blackholed": Kind("link to kafka", 3, 3, 20),
    "mongod restarted": Kind("mongo", 3),
    "mongods restarted in turn": Kind("mongo", 1),
    "primary killed": Kind("mongo", 1, 1, 8),
    "primary frozen": Kind("mongo", 1, 3, 20),
    "primary stepped down": Kind("mongo", 1),
    "link to the primary cut": Kind("link to mongo", 1, 1, 15),
    "link to the primary blackholed": Kind("link to mongo", 1, 3, 20),
    "instance restarted": Kind("delivery", 3),
    "instance killed": Kind("delivery", 3, 2, 8),
    "instance frozen": Kind("delivery", 3, 2, 15),
    "API killed": Kind("api", 2, 0, 5),
    "API frozen": Kind("api", 2, 2, 15),
    "link to a peer cut": Kind("link to a peer", 3, 1, 15),
    "link to a peer blackholed": Kind("link to a peer", 3, 3, 20),
}


def schedule(seed: int) -> Iterator[Step]:
    """Yield steps without end. Each round has every kind once, and some storms, in random order."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    while True:
        names = [*KINDS, *[STORM] * _STORMS_IN_A_ROUND]
        rng.shuffle(names)
        for name in names:
            faults = _storm(rng) if name == STORM else (_fault(name, rng),)
            yield Step(name, faults)


def _storm(rng: random.Random) -> tuple[Fault, ...]:
    """Return faults of different parts. Some of them may begin while others last."""
    by_part: dict[str, list[str]] = {}
    for name, kind in KINDS.items():
        by_part.setdefault(kind.part, []).append(name)
    parts = rng.sample(sorted(by_part), rng.randint(2, _LARGEST_STORM))
    return tuple(
        _fault(rng.choice(by_part[part]), rng)._replace(after=rng.uniform(0, _STORM_SECONDS))
        for part in parts
    )


def _fault(name: str, rng: random.Random) -> Fault:
    kind = KINDS[name]
    return Fault(name, rng.randrange(kind.targets), rng.uniform(kind.shortest, kind.longest))
