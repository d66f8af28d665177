"""POSTs to an endpoint, within a time limit, and reads little of the answer."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import httpcore

from delivery.away.calls.guarded_network import GuardedNetwork
from delivery.away.core.addresses import Network

_IDLE_SECONDS = 30.0
#: The rest of a longer answer is not read, and its connection is closed.
_MOST_ANSWER_BYTES = 16 * 1024
_LONGEST_RETRY_AFTER = 3_600.0


class CallFailedError(Exception):
    """No answer came. The message says why, and contains no part of a body."""


class Answer(NamedTuple):
    """What the endpoint answered."""

    status: int
    retry_after: float
    """The pause that `Retry-After` asks for, in seconds; 0 if the answer asks for none."""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004


class EndpointClient:
    """Owns connections to endpoints. Follows no redirects, and uses no proxy."""

    def __init__(self, allowed: Sequence[Network], slots: int, seconds: float) -> None:
        """Allow connections to public addresses and to these networks.

        At most `slots` calls are under way, and each takes at most `seconds`.
        """
        self._seconds = seconds
        self._network = GuardedNetwork(allowed, slots)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=slots,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=self._network,
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send the body, and return the answer.

        Raises `CallFailedError`, or `RefusedAddressError` if the address is not allowed; that is
        `RefusedHostError` if no name server is involved.
        """
        times = dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)
        try:
            async with asyncio.timeout(self._seconds):
                async with self._pool.stream(
                    "POST",
                    url,
                    headers=[*headers.items(), ("Content-Length", str(len(body)))],
                    content=body,
                    extensions={"timeout": times},
                ) as response:
                    await _read_some(response)
        except (TimeoutError, httpcore.TimeoutException):
            raise CallFailedError(f"no answer within {self._seconds:g} seconds") from None
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
        ) as error:
            raise CallFailedError(f"{type(error).__name__}: {error}"[:300]) from error
        return Answer(response.status, _retry_after(response))

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()
        self._network.close()


async def _read_some(response: httpcore.Response) -> None:
    """Read the answer, up to a limit, so that its connection can be used again."""
    count = 0
    async for chunk in response.aiter_stream():
        count += len(chunk)
        if count > _MOST_ANSWER_BYTES:
            return


def _retry_after(response: httpcore.Response) -> float:
    # A date in `Retry-After` is ignored: both ends' clocks would have to agree.
    for name, value in response.headers:
        if name.lower() == b"retry-after" and value.isdigit():
            return min(float(value), _LONGEST_RETRY_AFTER)
    return 0.0
