"""Ports of this machine: which are taken, and which are free."""

import asyncio
import errno
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress

# Above lies the range that the kernel gives to outgoing connections: one of those may sit on a
# port just before its server binds it.
_LOWEST, _HIGHEST = 20_000, 32_767
HOST = "127.0.0.1"


class PortInUseError(Exception):
    """Ports that the stack needs are taken; the message names each with its setting."""


def is_free(port: int) -> bool:
    """Whether a server may bind this port now, and `localhost` leads to no other one."""
    return _may_bind(socket.AF_INET, HOST, port) and _may_bind(socket.AF_INET6, "::1", port)


def _may_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        probe = socket.socket(family)
    except OSError:
        return True  # no IPv6 here
    with closing(probe):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno == errno.EADDRNOTAVAIL
    return True


async def listening(port: int) -> bool:
    """Whether something accepts connections on this port."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(HOST, port), 1.0)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


def free_ports(start: int) -> Iterator[int]:
    """Free ports, each once, searched upwards from `start` (wrapped into the fixed range)."""
    span = _HIGHEST - _LOWEST
    for step in range(span):
        port = _LOWEST + (start - _LOWEST + step) % span
        if is_free(port):
            yield port


def refuse_taken(ports: Mapping[str, int]) -> None:
    """Raise `PortInUseError` when one of these (setting → port) is taken, or is named twice."""
    problems: list[str] = []
    seen: dict[int, str] = {}
    for setting, port in ports.items():
        if port in seen:
            problems.append(f"port {port} is given to both {seen[port]} and {setting}")
        elif not is_free(port):
            problems.append(f"port {port} ({setting}) is in use; free it, or set {setting}")
        seen[port] = setting
    if problems:
        raise PortInUseError("\n".join(problems))
