"""HTTP clients for programs on this machine."""

import ssl
from typing import Any

import httpx

#: Without certificates: httpx would load those of the system for each client, which takes 35 ms of
#: CPU time, and the tests speak plain HTTP.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http_client(url: str = "", **options: Any) -> httpx.AsyncClient:
    """Return a client whose paths are relative to `url`; `options` are those of httpx."""
    return httpx.AsyncClient(base_url=url, verify=_NO_CERTIFICATES, **options)
