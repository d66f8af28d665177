"""The steps of the tour, in their order. Each demonstrates one guarantee, and checks it."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from deploy.tour.stage import Play
from deploy.tour.steps import (
    away_and_back,
    erasure,
    held_ack,
    kafka_stopped,
    killed_instance,
    superseding,
    third_instance,
)


class Step(NamedTuple):
    """A step: its name, with which the keys of its texts begin, and the function that plays it."""

    name: str
    play: Callable[[Play], Awaitable[None]]


STEPS = (
    Step("held", held_ack.play),
    Step("away", away_and_back.play),
    Step("kill", killed_instance.play),
    Step("kafka", kafka_stopped.play),
    Step("join", third_instance.play),
    Step("supersede", superseding.play),
    Step("erase", erasure.play),
)
