"""Shoppers that behave like browsers: after a lost connection, they connect to any instance."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from socketio.exceptions import ConnectionError as RefusedError

from tests.faults.fleet import Fleet
from tests.integration.delivery.judged import Judged
from tests.services.shopper import Shopper
from tests.services.tokens import shopper_token
from tests.services.waiting import PATIENCE_SECONDS, eventually

TokenOf = Callable[[str], str]

_RETRY_SECONDS = 0.2
_CONNECT_SECONDS = 15


class Roamer:
    """Owns the connections of one user's device, which has one at a time."""

    def __init__(
        self,
        user: str,
        device: str,
        fleet: Fleet,
        judged: Judged,
        first: str,
        token_of: TokenOf = shopper_token,
    ) -> None:
        self.user = user
        self.device = device
        self.refusals: list[str] = []
        """Why instances refused the device. A text is empty if the instance gave no reason."""
        self._token_of = token_of
        self._fleet = fleet
        self._judged = judged
        self.url = first
        """The address to which the device is connected, or is trying to connect."""
        self._shoppers: list[Shopper] = []
        self._is_acking = True
        self.was_connected = asyncio.Event()

    @property
    def acked(self) -> set[str]:
        """The ids that the device has acknowledged."""
        return {id_ for shopper in self._shoppers for id_ in shopper.acked}

    @property
    def newest(self) -> str:
        """The last id that the device has acknowledged, or an empty text."""
        lists = (shopper.acked for shopper in reversed(self._shoppers))
        return next((acked[-1] for acked in lists if acked), "")

    @property
    def received(self) -> list[str]:
        """The ids that have arrived at the device, in order, repeats included."""
        return [id_ for shopper in self._shoppers for id_ in shopper.received]

    @property
    def connects(self) -> int:
        """How many times the device has connected."""
        return len(self._shoppers)

    def start_acking(self) -> None:
        """Send the held-back acks, and acknowledge from now on."""
        self._is_acking = True
        for shopper in self._shoppers[-1:]:
            shopper.start_acking()

    def stop_acking(self) -> None:
        """Hold back acks from now on, also on later connections."""
        self._is_acking = False
        for shopper in self._shoppers[-1:]:
            shopper.stop_acking()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            shopper = self._judged.shopper(
                self.user, device=self.device, url=self.url, acking=self._is_acking
            )
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    await shopper.connect(self._token_of(self.user))
                self._shoppers.append(shopper)
                if self._is_acking:  # `start_acking` may have been called during the handshake
                    shopper.start_acking()
                self.was_connected.set()
                await shopper.lost()
            except (RefusedError, TimeoutError):
                self.refusals.append(shopper.refusal)
                await asyncio.sleep(_RETRY_SECONDS)
            finally:
                await shopper.disconnect()
            other_urls = [other for other in self._fleet.urls if other != self.url]
            self.url = random.choice(other_urls or [self.url])  # noqa: S311 - like a load balancer


@asynccontextmanager
async def roaming(
    users: Sequence[str],
    fleet: Fleet,
    judged: Judged,
    devices: int = 1,
    token_of: TokenOf = shopper_token,
) -> AsyncIterator[list[Roamer]]:
    """Connect `devices` devices of each user, spread over the fleet. `token_of` makes tokens."""
    urls = fleet.urls
    roamers = [
        Roamer(
            user, f"{user}-{device}", fleet, judged, urls[(number + device) % len(urls)], token_of
        )
        for number, user in enumerate(users)
        for device in range(devices)
    ]
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(roamer.run()) for roamer in roamers]
        async with asyncio.timeout(PATIENCE_SECONDS):
            for roamer in roamers:
                await roamer.was_connected.wait()
        yield roamers
        for task in running:
            task.cancel()


async def all_have(created: Mapping[str, Sequence[str]], roamers: Sequence[Roamer]) -> None:
    """Wait until each device has acknowledged all notifications created for its user so far."""
    expected = {user: frozenset(ids) for user, ids in created.items()}

    async def acked() -> bool:
        return all(roamer.acked >= expected[roamer.user] for roamer in roamers)

    await eventually(acked)
