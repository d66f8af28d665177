"""Asks each delivery instance for its readiness and its status."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import orjson

from deploy.console.core.members import Answer
from deploy.console.core.rates import Rates
from deploy.console.core.river import Instance

_TIMEOUT_SECONDS = 2.0
_MOST_BYTES = 4 * 1024 * 1024
_LAST_PORT = 65_535

#: What an instance answered, and why.
Answers = dict[str, tuple[Answer, str]]


class _HttpAnswer(NamedTuple):
    """What an instance answered to one request."""

    status_code: int
    body: bytes

    @property
    def is_success(self) -> bool:
        return httpx.codes.is_success(self.status_code)


class InstanceProbe:
    """Owns the connections to the instances, and the last answer of each."""

    def __init__(self, token: Callable[[], str], port: int | None = None) -> None:
        """`port` is the instances' public port, if their addresses lead to a port for peers."""
        # Use no proxy of the environment: the addresses come from the group, and need none.
        self._http = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False)
        self._token = token
        self._port = port
        self._rates: dict[str, Rates] = {}
        self.instances: dict[str, Instance] = {}

    async def probe(self, urls: Sequence[str]) -> Answers:
        """Ask all these instances, at the same time. Forget the others.

        Returns the answers to `/readyz`.
        """
        for url in (self.instances.keys() | self._rates.keys()) - set(urls):
            self.instances.pop(url, None)
            self._rates.pop(url, None)
        answers = await asyncio.gather(*(self._ask(url) for url in urls))
        return dict(zip(urls, answers, strict=True))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _ask(self, url: str) -> tuple[Answer, str]:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                ready = await self._get(f"{self._public(url)}/readyz")
                status = await self._status(url)
        except httpx.ConnectError as error:
            # Without a route or a name, nothing is known of the instance: it may well live.
            if not _is_refusal(error):
                return Answer.SILENT, "cannot be reached"
            self.instances.pop(url, None)
            return Answer.NONE, "takes no connections"
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError):
            return Answer.SILENT, f"has not answered within {_TIMEOUT_SECONDS:g} s"
        reasons = _reasons(ready)
        # Do not read the totals from `/metrics`: that would cost the instance more than the rest of
        # the probe.
        rates = self._rates.setdefault(url, Rates())
        if totals := _totals(status):
            rates.read(totals, time.monotonic())
        self.instances[url] = Instance(url, status, reasons, rates.per_second)
        if not reasons:
            return Answer.READY, ""
        return Answer.NOT_READY, "; ".join(f"{name}: {why}" for name, why in reasons.items())

    def _public(self, url: str) -> str:
        # A port for peers answers 404 to other callers. It may serve TLS, but the public port never
        # does.
        if self._port is None:
            return url
        host = urlsplit(url).hostname or ""
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    async def _status(self, url: str) -> dict[str, Any]:
        """Return the instance's `/status`; empty without one, as in an earlier version."""
        headers = {"Authorization": f"Bearer {self._token()}"}
        answer = await self._get(f"{self._public(url)}/status", headers)
        if not answer.is_success or not answer.body:
            return {}
        status = orjson.loads(answer.body)
        return status if isinstance(status, dict) else {}

    async def _get(self, url: str, headers: Mapping[str, str] | None = None) -> _HttpAnswer:
        """Return the answer. Its body is empty if it is too large, or compressed."""
        if (httpx.URL(url).port or 0) > _LAST_PORT:
            # The connection would end with an ExceptionGroup, which the callers do not expect.
            raise httpx.InvalidURL(f"port: expected at most {_LAST_PORT}")
        # A few compressed bytes may unpack to gigabytes, so ask for plain ones.
        headers = {**(headers or {}), "Accept-Encoding": "identity"}
        async with self._http.stream("GET", url, headers=headers) as answer:
            body = bytearray()
            if answer.headers.get("content-encoding", "identity") != "identity":
                return _HttpAnswer(answer.status_code, b"")
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    return _HttpAnswer(answer.status_code, b"")
            return _HttpAnswer(answer.status_code, bytes(body))


def _is_refusal(error: BaseException | None) -> bool:
    """Return whether the instance has refused the connection, on each of its addresses."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_refusal, error.exceptions))
    if error is None or isinstance(error, ConnectionRefusedError):
        return error is not None
    return _is_refusal(error.__cause__ or error.__context__)


def _totals(status: dict[str, Any]) -> dict[str, float]:
    """Return the counters of pushes, acks and hops. An earlier version has none."""
    totals = status.get("totals")
    if not isinstance(totals, dict):
        return {}
    return {name: count for name, count in totals.items() if type(count) in {int, float}}


def _reasons(ready: _HttpAnswer) -> dict[str, str]:
    """Return the reasons why the instance is not ready; none if it is ready."""
    if ready.is_success:
        return {}
    try:
        reasons = orjson.loads(ready.body)["reasons"]
        return {str(name): str(why) for name, why in reasons.items()}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return {"readyz": f"answered {ready.status_code}"}
