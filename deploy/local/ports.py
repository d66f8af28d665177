"""Checks which TCP ports of this machine are free."""

import asyncio
import errno
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress

# The kernel gives the ports above this range to outgoing connections. Such a connection could take
# a port just before a server binds it.
_LOWEST, _HIGHEST = 20_000, 32_767
HOST = "127.0.0.1"


class PortInUseError(Exception):
    """Ports that the stack needs are in use. The message names each port and its setting."""


def is_free(port: int) -> bool:
    """Return whether a server can bind this port on both IPv4 and IPv6.

    `localhost` may mean either.
    """
    return _can_bind(socket.AF_INET, HOST, port) and _can_bind(socket.AF_INET6, "::1", port)


def _can_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        probe = socket.socket(family)
    except OSError:
        return True  # this machine has no IPv6
    with closing(probe):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno == errno.EADDRNOTAVAIL
    return True


async def listening(port: int) -> bool:
    """Return whether a server accepts connections on this port."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(HOST, port), 1.0)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


def free_ports(start: int) -> Iterator[int]:
    """Yield each free port from 20000 to 32766 once, upwards from `start`, and then from 20000."""
    span = _HIGHEST - _LOWEST
    for step in range(span):
        port = _LOWEST + (start - _LOWEST + step) % span
        if is_free(port):
            yield port


def refuse_taken(ports: Mapping[str, int]) -> None:
    """Raise `PortInUseError` if a port is in use or set twice. The keys are setting names."""
    problems: list[str] = []
    settings: dict[int, str] = {}
    for setting, port in ports.items():
        if port in settings:
            other = settings[port]
            problems.append(f"port {port} is set twice, by {other} and {setting}; change one")
        elif not is_free(port):
            problems.append(f"port {port} ({setting}) is in use; free it, or set {setting}")
        settings[port] = setting
    if problems:
        raise PortInUseError("\n".join(problems))
