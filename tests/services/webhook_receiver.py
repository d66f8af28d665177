"""A receiver of webhooks on loopback, which verifies them as Standard Webhooks demands."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook

from tests.auditor.logs import TellingsLog

SECRET = "whsec_dGhlIHNlY3JldCBvZiB0aGUgd2ViaG9va3MgaW4gdGhlIHRlc3Rz"

#: Answers the calls to one path. The argument is how many calls that path has had before.
Answer = Callable[[int], Awaitable[web.StreamResponse]]


def status(code: int, **headers: str) -> Answer:
    """Return an answer with this status."""

    async def answer(_before: int) -> web.StreamResponse:
        return web.Response(status=code, headers=headers)

    return answer


async def hang(_before: int) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


@dataclass(slots=True)
class WebhookReceiver:
    """Owns the calls that it received. It never raises: it notes bad signatures in `problems`."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    calls: dict[str, list[str]] = field(default_factory=dict)
    """The `webhook-id` of every call, by path."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """The bodies of the calls that were answered 2xx."""
    problems: list[str] = field(default_factory=list)
    log: TellingsLog | None = None
    """The auditor's log of the notifications whose calls were answered 2xx."""

    @classmethod
    @asynccontextmanager
    async def running(cls, port: int) -> AsyncIterator["WebhookReceiver"]:
        """Receive on this port until the context ends."""
        receiver = cls(f"http://127.0.0.1:{port}")
        app = web.Application()
        app.router.add_post("/{path:.*}", receiver._receive)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield receiver
        finally:
            await runner.cleanup()

    def ids(self) -> list[str]:
        """Return the ids of the notifications in the calls answered 2xx, in order."""
        return [body["data"]["id"] for body in self.told]

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        body, path = await request.read(), request.path
        try:
            told = Webhook(SECRET).verify(body, dict(request.headers))
            assert told["data"]["id"] == request.headers["webhook-id"]
        except Exception as error:  # noqa: BLE001 - the test reads all of them
            self.problems.append(repr(error))
            return web.Response(status=400)
        calls = self.calls.setdefault(path, [])
        calls.append(request.headers["webhook-id"])
        answer = await self.answers.get(path, status(204))(len(calls) - 1)
        if 200 <= answer.status < 300:
            self.told.append(told)
            if self.log is not None:
                user, notification = told["data"]["user_id"], told["data"]["id"]
                self.log.note("webhook", path, user, notification)
        return answer
