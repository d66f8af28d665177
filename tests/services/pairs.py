"""The pairs of a Kafka and a MongoDB that the tests of one worker use."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from tests.services.local import Place
from tests.services.parts import Services
from tests.services.shared import shared_services

NewParts = Callable[[], AbstractAsyncContextManager[Services]]


class Pairs:
    """Owns two pairs. Each starts when a module first needs it.

    One pair runs until the end. All workers share it if `place` says where it is. The other pair
    is for the modules that stop or kill parts, because an outage would disturb the programs of
    other modules. It runs only while such modules run one after another, because even an idle pair
    takes 5 to 7 % of a core.
    """

    def __init__(self, new_parts: NewParts, place: Place | None) -> None:
        self._new_parts = new_parts
        self._place = place
        self._lasting: Services | None = None
        self._restarting: Services | None = None
        self._end_of_lasting, self._end_of_restarting = AsyncExitStack(), AsyncExitStack()

    async def lasting(self) -> Services:
        """Return the pair that no test may stop."""
        if self._lasting is None:
            if self._place is None:
                new = self._new_parts()
                self._lasting = await self._end_of_lasting.enter_async_context(new)
            else:
                self._lasting = await shared_services(self._place)
        return self._lasting

    async def restarting(self) -> Services:
        """Return the pair that tests may stop and kill."""
        if self._restarting is None:
            new = self._new_parts()
            self._restarting = await self._end_of_restarting.enter_async_context(new)
        return self._restarting

    async def stop_restarting(self) -> None:
        """Stop the pair that tests may stop and kill.

        The next module that needs such a pair starts a new one.
        """
        self._restarting = None
        await self._end_of_restarting.aclose()

    async def close(self) -> None:
        """Stop what this worker has started."""
        await self.stop_restarting()
        await self._end_of_lasting.aclose()
