"""The parts that push, wired together."""

from dataclasses import dataclass
from typing import Self

from delivery.core.rules import Rules
from delivery.delivered.writer import DeliveredWriter
from delivery.push.absences import Absences
from delivery.push.catch_up import CatchUp
from delivery.push.deadlines import Deadlines
from delivery.push.log_feed import LogFeed
from delivery.push.owner import Owner
from delivery.push.routes import Routes
from delivery.push.settlement import Settlement
from delivery.push.subscribers import Subscribers
from delivery.push.user_driver import UserDriver
from delivery.receipts.queue import Receipts


@dataclass(frozen=True, slots=True)
class PushParts:
    """The parts for pushing that the group member, the gauges and the chores use."""

    settlement: Settlement
    driver: UserDriver
    feed: LogFeed
    owner: Owner
    absences: Absences

    @classmethod
    def wired(
        cls,
        rules: Rules,
        subscribers: Subscribers,
        routes: Routes,
        delivered: DeliveredWriter,
        receipts: Receipts,
        catch_up: CatchUp,
        deadlines: Deadlines,
    ) -> Self:
        """Make the parts and wire them together."""
        settlement = Settlement(receipts)
        driver = UserDriver(rules, routes, delivered, settlement, catch_up, deadlines)
        absences = Absences(subscribers, settlement)
        feed = LogFeed(rules, subscribers, routes, settlement, driver, absences)
        return cls(settlement, driver, feed, Owner(subscribers, driver, absences), absences)
