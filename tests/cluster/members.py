"""Three mongods of one replica set, which require TLS and authenticate their clients.

Clients that connect to `localhost` are told the members' addresses at the fault proxy: MongoDB
calls that a horizon. The members reach each other directly, as 127.0.0.1.
"""

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.mongo import REPLICA_SET, Mongo
from deploy.local.ports import HOST
from tests.cluster.certificates import Authority

COUNT = 3
ADMIN = "admin"
#: The organizational unit of clients' certificates. MongoDB accepts no user whose certificate has
#: the organization and unit of the members' own certificates.
CLIENTS_UNIT = "programs"

_OWNER_ONLY = 0o600
_ANSWER_MS = 2_000
_ELECTION_MS = 60_000
_STEPPED_DOWN_SECONDS = 10
_FAREWELL_MS = 2_000
_SERVE_SECONDS, _POLL_SECONDS = 180.0, 0.5
_PRIMARY, _SECONDARY = 1, 2

Client = MongoClient[dict[str, Any]]


class Members:
    """The mongods, and how to reach them. The user `admin` may do everything."""

    def __init__(
        self,
        folder: Path,
        ports: Iterator[int],
        authority: Authority,
        proxy_ports: list[int],
        election_ms: int,
    ) -> None:
        self._election_ms = election_ms
        self.ports = [next(ports) for _ in range(COUNT)]
        self._proxy_ports = proxy_ports
        self._authority = authority
        self._password = secrets.token_hex(16)
        self._key_file = folder / "mongo.key"
        self._key_file.touch(_OWNER_ONLY)
        self._key_file.write_text(secrets.token_hex(64))
        server = authority.issue("mongod")
        arguments = [
            *("--keyFile", str(self._key_file), "--tlsMode", "requireTLS"),
            *("--tlsCertificateKeyFile", str(server.both), "--tlsCAFile", str(authority.file)),
            "--tlsAllowConnectionsWithoutCertificates",
            # By default, a mongod that is told to stop waits 15 s for its clients to leave.
            *("--setParameter", f"shutdownTimeoutMillisForSignaledShutdown={_FAREWELL_MS}"),
        ]
        self.processes = [
            Mongo(
                folder / f"mongo-{number}",
                port,
                name=f"mongod-{number + 1}",
                arguments=arguments,
                ready=lambda port=port: asyncio.to_thread(self._serves, port),  # type: ignore[misc]
            )
            for number, port in enumerate(self.ports)
        ]
        self._initiated = False

    def url(self, user: str = "", password: str = "", *, proxied: bool = True, **more: str) -> str:
        """Return the URL for a user. The options `more` are those of a MongoDB URL."""
        ports = self._proxy_ports if proxied else self.ports
        hosts = ",".join(f"{'localhost' if proxied else HOST}:{port}" for port in ports)
        who = f"{user}:{quote(password)}@" if user else ""
        options = {"replicaSet": REPLICA_SET, "tls": "true", "tlsCAFile": str(self._authority.file)}
        text = "&".join(f"{name}={quote(value)}" for name, value in (options | more).items())
        return f"mongodb://{who}{hosts}/?{text}"

    @property
    def admin_url(self) -> str:
        """The URL of the user who may do everything, without a proxy."""
        return self.url(ADMIN, self._password, proxied=False, authSource="admin")

    async def start(self) -> None:
        """Start all, and make one replica set of them. Raises `PartFailedError`."""
        async with asyncio.TaskGroup() as starting:
            for process in self.processes:
                starting.create_task(process.start())
        await asyncio.to_thread(self._initiate)
        self._initiated = True
        await self.all_serve()

    async def add_users(self, roles: Mapping[str, list[Any]], passwords: Mapping[str, str]) -> None:
        """Grant each of these programs its roles.

        A program has two users: one with a password, and one with a certificate.
        """
        await asyncio.to_thread(self._add_users, roles, passwords)

    def _add_users(self, roles: Mapping[str, list[Any]], passwords: Mapping[str, str]) -> None:
        with Client(self.admin_url) as client:
            exist = bool(client.admin.command("usersInfo", next(iter(roles)))["users"])
            for name, granted in roles.items():
                subject = f"OU={CLIENTS_UNIT},CN={name}"
                if exist:
                    client.admin.command("grantRolesToUser", name, roles=granted)
                    client["$external"].command("grantRolesToUser", subject, roles=granted)
                else:
                    client.admin.command("createUser", name, pwd=passwords[name], roles=granted)
                    client["$external"].command("createUser", subject, roles=granted)

    async def all_serve(self) -> None:
        """Wait until there are a primary and two secondaries."""
        async with asyncio.timeout(_SERVE_SECONDS):
            # MongoDB reports no such event, and each query costs a handshake and a password hash.
            while not await asyncio.to_thread(self._all_serve):  # noqa: ASYNC110
                await asyncio.sleep(_POLL_SECONDS)

    async def primary(self) -> int:
        """Return the number of the primary. Raises `PyMongoError` if none is elected in time."""
        return await asyncio.to_thread(self._primary)

    async def step_down(self) -> None:
        """Let the primary become a secondary, and wait until it is one."""
        await asyncio.to_thread(self._step_down)

    def _primary(self) -> int:
        with Client(self.admin_url, serverSelectionTimeoutMS=_ELECTION_MS) as client:
            address = client.admin.command("hello")["primary"]
            return self.ports.index(int(address.rpartition(":")[2]))

    def _step_down(self) -> None:
        with Client(self.admin_url, serverSelectionTimeoutMS=_ELECTION_MS) as client:
            client.admin.command("replSetStepDown", _STEPPED_DOWN_SECONDS)

    def _direct(self, port: int, *, authenticated: bool) -> Client:
        who = f"{ADMIN}:{self._password}@" if authenticated else ""
        return Client(
            f"mongodb://{who}{HOST}:{port}/?directConnection=true",
            tls=True,
            tlsCAFile=str(self._authority.file),
            serverSelectionTimeoutMS=_ANSWER_MS,
            socketTimeoutMS=_ANSWER_MS * 5,
        )

    def _serves(self, port: int) -> bool:
        """Return whether this member answers, and is primary or secondary if the set exists."""
        try:
            with self._direct(port, authenticated=False) as client:
                hello = client.admin.command("hello")
        except PyMongoError:
            return False
        is_member = hello.get("isWritablePrimary") or hello.get("secondary")
        return not self._initiated or bool(is_member)

    def _initiate(self) -> None:
        members = [
            {
                "_id": number,
                "host": f"{HOST}:{port}",
                "horizons": {"clients": f"localhost:{self._proxy_ports[number]}"},
            }
            for number, port in enumerate(self.ports)
        ]
        with self._direct(self.ports[0], authenticated=False) as client:
            settings = {"electionTimeoutMillis": self._election_ms}
            replica_set = {"_id": REPLICA_SET, "members": members, "settings": settings}
            client.admin.command("replSetInitiate", replica_set)
        # While MongoDB has no users, a client on the same machine may create the first one.
        made = False
        while not made:
            for port in self.ports:
                with self._direct(port, authenticated=False) as client:
                    made = made or self._make_admin(client)

    def _make_admin(self, client: Client) -> bool:
        try:
            if not client.admin.command("hello").get("isWritablePrimary"):
                return False
            client.admin.command("createUser", ADMIN, pwd=self._password, roles=["root"])
        except (PyMongoError, OperationFailure):
            return False
        return True

    def _all_serve(self) -> bool:
        try:
            with Client(self.admin_url, serverSelectionTimeoutMS=_ANSWER_MS) as client:
                states = client.admin.command("replSetGetStatus")["members"]
        except PyMongoError:
            return False
        return sorted(member["state"] for member in states) == [_PRIMARY, _SECONDARY, _SECONDARY]
