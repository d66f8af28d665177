"""`python -m runtime.probe DELIVERY_PORT`: ask the program on this port whether it is alive.

This is the health check of the container images, which contain no HTTP client.
"""

import http.client
import os
import sys

#: Both loopback addresses, because a program may listen on IPv4, on IPv6, or on both.
_HOSTS = ("127.0.0.1", "::1")
_SECONDS = 4.0


def main() -> int:
    """Return 0 if the program answers 200, and 1 otherwise.

    The arguments are the variable with the port and, optionally, a path other than `/healthz`.
    """
    variable, path = [*sys.argv[1:], "/healthz"][:2]
    return int(not any(_is_well(host, int(os.environ[variable]), path) for host in _HOSTS))


def _is_well(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{host}:{port}{path}: {error!r}\n")
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
