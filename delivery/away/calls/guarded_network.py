"""Connects only to allowed addresses, so that no URL leads this program into internal networks."""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpcore

from delivery.away.core.addresses import Network, may_connect

#: How many addresses of one name are tried.
_MOST_ADDRESSES = 3


class RefusedAddressError(Exception):
    """The host has no address to which this program may connect. Its name may get one later."""


class RefusedHostError(RefusedAddressError):
    """The host is itself an address to which this program may not connect, and no name."""


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Resolves a host, checks the addresses, and connects to one of exactly these addresses.

    Nothing resolves the name again after the check. So a name whose address changes in between (DNS
    rebinding) gains nothing. Resolves names in threads of its own, because resolving blocks: a name
    server that hangs must not stop other work.
    """

    def __init__(self, allowed: Sequence[Network], threads: int) -> None:
        self._allowed = allowed
        self._network = httpcore.AnyIOBackend()
        self._resolver = ThreadPoolExecutor(threads, thread_name_prefix="resolver")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the host. Raises `RefusedAddressError`, or an error of `httpcore`.

        `timeout` is also the limit for the whole call.
        """
        found = await self._addresses(host, port)
        allowed = [address for address in found if may_connect(address, self._allowed)]
        if not allowed:
            refused = RefusedHostError if found[0] == host else RefusedAddressError
            raise refused(
                f"{host} resolves to {found[0]}, which is not public; if that is intended, add its "
                "network to AWAY_ALLOWED_NETWORKS"
            )
        *earlier, last = tried = allowed[:_MOST_ADDRESSES]
        # An address may never answer, for example an IPv6 address without a route. Give it only a
        # part of the time: otherwise none would be left for the next address.
        part = None if timeout is None else timeout / len(tried)
        for address in earlier:
            try:
                return await self._network.connect_tcp(
                    address, port, part, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(last, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait between two attempts to connect. httpcore calls this."""
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Let the resolver's threads end."""
        self._resolver.shutdown(wait=False, cancel_futures=True)

    async def _addresses(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._resolver, _resolve, host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
        return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _resolve(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
