"""Asks a host whether anything listens at a port."""

import asyncio
import socket

#: The address of the far end of a socket, as `getpeername` returns it.
Remote = tuple[str, int] | tuple[str, int, int, int]


async def is_refused(remote: Remote, seconds: float) -> bool:
    """Return whether the host refuses a connection, which only a host that is up can do.

    No other result proves that nothing listens: not a connection, a time-out, or an error of the
    network. Takes the address of an earlier connection, because a name may lead elsewhere by now.
    """
    host, port, *_ = remote
    try:
        # This line raises `OSError`, too, if the process has no file descriptor left: the clients
        # of a killed peer all connect here.
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setblocking(False)
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().sock_connect(probe, (host, port))
    except ConnectionRefusedError:
        return True
    except OSError:  # includes `TimeoutError`
        return False
    return False
