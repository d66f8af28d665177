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


class TourStep(NamedTuple):
    """A step: its name, with which the keys of its texts begin, and the function that plays it."""

    name: str
    play: Callable[[Play], Awaitable[None]]


STEPS = (
    TourStep("held", held_ack.play),
    TourStep("away", away_and_back.play),
    TourStep("kill", killed_instance.play),
    TourStep("kafka", kafka_stopped.play),
    TourStep("join", third_instance.play),
    TourStep("supersede", superseding.play),
    TourStep("erase", erasure.play),
)
