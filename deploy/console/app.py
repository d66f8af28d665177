"""The composition root: wires the parts of the console."""

import time
from dataclasses import dataclass

from fastapi import FastAPI

from delivery.health import health_app
from delivery.inbox import Inbox
from deploy.console.access import Access
from deploy.console.core.commits import Commits
from deploy.console.core.feed import Feed
from deploy.console.core.memory import Memory
from deploy.console.core.river import in_flight_json
from deploy.console.listening.hub import Hub
from deploy.console.listening.publisher import Publisher
from deploy.console.lives.api import NotificationApi
from deploy.console.lives.life import LifeReader
from deploy.console.lives.search import Search
from deploy.console.own_token import OwnToken, status_token
from deploy.console.page import Page
from deploy.console.problems import add_problem_handlers
from deploy.console.reading.note_record import RecordNotes
from deploy.console.reading.reader import Reader
from deploy.console.repeat import Repeats
from deploy.console.routes import lives_router, repeat_router, river_router, session_router
from deploy.console.settings import ConsoleSettings
from deploy.console.troubles import Troubles
from deploy.console.watching.instances import InstanceProbe
from deploy.console.watching.watch import Watch
from deploy.local.paths import CONSOLE_BUILD
from producer_api.contract import revocations as ended_sessions
from producer_api.contract.token_verifier import READ_SCOPE, WRITE_SCOPE, TokenVerifier
from runtime.http_bounds import Bounds
from runtime.http_server import HttpServer
from runtime.lifecycle import Program

_MEGABYTE = 1024 * 1024
_LARGEST_BODY = 64 * 1024
_GRACE_SECONDS = 1
#: Thresholds of the garbage collector, which make full scans rare. Such a scan would block the
#: event loop for a second, and find nothing, because reference counting frees what `Memory` drops.
_COLLECT_AFTER = (25_000, 20, 1_000)


@dataclass(frozen=True, slots=True)
class _Connections:
    """The parts that are closed when the process stops."""

    verifier: TokenVerifier
    instances: InstanceProbe
    api: NotificationApi
    inbox: Inbox

    async def close(self) -> None:
        """Close the connections to the issuer, the instances, the API and MongoDB."""
        await self.verifier.close()
        await self.instances.close()
        await self.api.close()
        self.inbox.close()


def build(settings: ConsoleSettings) -> Program:
    """Wire the parts together without opening connections. Call it inside the event loop."""
    troubles, feed, hub = Troubles(), Feed(), Hub(settings.console_listeners)
    memory = Memory(settings.console_notifications, settings.console_megabytes * _MEGABYTE)
    commits = Commits(settings.console_notifications)
    verifier = TokenVerifier(settings)
    reader = Reader(settings, RecordNotes(settings, memory, commits, feed), troubles)
    instances = InstanceProbe(status_token(settings), settings.console_delivery_port)
    watch = Watch(settings, reader, instances, memory, commits, troubles)
    publisher = Publisher(hub, feed, watch.state)
    # The API shows a notification's delivery status only to services, and recognises a service by
    # the scope for writing.
    service = OwnToken(settings, settings.console_api_token, READ_SCOPE, WRITE_SCOPE)
    api = NotificationApi(settings.producer_api_url, service, troubles)
    lives = LifeReader(memory, commits, api, lambda: in_flight_json(instances.instances.values()))
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    repeats = Repeats(settings, inbox)
    revocations = ended_sessions.Revocations(
        inbox.database[ended_sessions.COLLECTION], settings.auth_max_token_age_seconds
    )
    revocations.watch(
        lambda _: hub.end_refused(lambda one: revocations.refuses(one.subject, one.issued_at))
    )
    search = Search(memory, api, reader, time.time_ns() // 1_000_000)

    # Nobody needs pages that describe the console's own API.
    app = FastAPI(title="Machine room", openapi_url=None)
    add_problem_handlers(app)
    access = Access(verifier, revocations)
    app.include_router(session_router(access))
    app.include_router(river_router(access, hub, publisher))
    app.include_router(lives_router(access, search, lives))
    app.include_router(repeat_router(access, repeats))
    app.router.routes.extend(health_app({"kafka": reader.check}).routes)
    app.mount("/", Page(CONSOLE_BUILD))
    connections = _Connections(verifier, instances, api, inbox)
    return Program(
        HttpServer(
            app,
            settings.console_host,
            settings.console_port,
            Bounds(body_bytes=_LARGEST_BODY),
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        ),
        background={
            "reader": reader.run,
            "watch": watch.run,
            "publisher": publisher.run,
            "ended sessions": revocations.run,
        },
        drain=hub.close,
        close=connections.close,
        collect_after=_COLLECT_AFTER,
    )
