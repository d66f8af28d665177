"""HTTP clients for programs on this machine."""

import ssl
from typing import Any

import httpx

#: A context without certificates. httpx would load the system's certificates for each client, which
#: takes 35 ms of CPU time, and the tests use plain HTTP.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http_client(url: str = "", **options: Any) -> httpx.AsyncClient:
    """Return a client with `url` as its base URL; `options` are those of `httpx.AsyncClient`."""
    return httpx.AsyncClient(base_url=url, verify=_NO_CERTIFICATES, **options)
