"""Asks a host whether anything listens at a port."""

import asyncio
import socket

#: The address of the far end of a socket, as `getpeername` returns it.
Remote = tuple[str, int] | tuple[str, int, int, int]


async def is_refused(remote: Remote, seconds: float) -> bool:
    """Return whether the host refuses a connection, which only a host that is up can do.

    Returns False for any other result, such as a connection, a time-out or a network error: none of
    them proves that nothing listens. `remote` is the address of an earlier connection, because a
    name may resolve to another host by now.
    """
    host, port, *_ = remote
    try:
        # Creating the socket raises `OSError` if this process has no file descriptor left, for
        # example because all clients of the killed peer connect here.
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setblocking(False)
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().sock_connect(probe, (host, port))
    except ConnectionRefusedError:
        return True
    except OSError:  # includes `TimeoutError`
        return False
    return False
