"""A cluster on this machine: three Kafkas and three mongods, each behind a fault proxy."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Self

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from jwt.algorithms import RSAAlgorithm

from producer_api.contract.settings import SharedSettings
from producer_api.contract.topics import ensure_topics
from tests.cluster import access
from tests.cluster.brokers import Brokers
from tests.cluster.certificates import Authority
from tests.cluster.members import CLIENTS_UNIT, Members
from tests.cluster.pace import DEFAULTS, Pace
from tests.faults.proxy import Proxy

_SYNC_SECONDS, _SYNC_POLL_SECONDS = 180.0, 0.5
PROGRAMS = ("producer-api", "delivery", "away", "console", "tools", "data-team")


class Cluster:
    """Owns the processes and the proxies. Each program of `PROGRAMS` has a user of its own."""

    def __init__(self, folder: Path, ports: Iterator[int], pace: Pace) -> None:
        self.authority = Authority(folder / "certificates")
        self.passwords = {program: secrets.token_hex(16) for program in PROGRAMS}
        self._token_key = folder / "issuer.key"
        kafka_proxies = [next(ports) for _ in range(3)]
        mongo_proxies = [next(ports) for _ in range(3)]
        self.brokers = Brokers(
            folder,
            ports,
            self.authority,
            self.passwords,
            kafka_proxies,
            self._publish_key(folder),
            pace.broker_session_ms,
        )
        self.members = Members(folder, ports, self.authority, mongo_proxies, pace.election_ms)
        self.kafka_proxies = _proxies(kafka_proxies, self.brokers.client_ports)
        self.mongo_proxies = _proxies(mongo_proxies, self.members.ports)

    @classmethod
    @asynccontextmanager
    async def running(
        cls, folder: Path, ports: Iterator[int], pace: Pace = DEFAULTS
    ) -> AsyncIterator[Self]:
        """Start everything, and stop it when the context ends."""
        cluster = cls(folder, ports, pace)
        processes = [*cluster.brokers.processes, *cluster.members.processes]
        async with AsyncExitStack() as stack:
            for proxy in (*cluster.kafka_proxies, *cluster.mongo_proxies):
                await stack.enter_async_context(proxy.running())
            for process in processes:
                stack.push_async_callback(process.kill)
            async with asyncio.TaskGroup() as starting:
                starting.create_task(cluster.brokers.start())
                starting.create_task(cluster.members.start())
            yield cluster

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """Provide an admin client of Kafka that may do everything."""
        client = AIOKafkaAdminClient(**self.brokers.outside_options)
        try:
            await client.start()
            yield client
        finally:
            await client.close()

    async def coordinator(self, group: str) -> int:
        """Return the number of the broker that coordinates the group."""
        async with self.admin() as admin:
            return int(await admin.find_coordinator(group)) - 1

    async def in_sync(self) -> None:
        """Wait until every replica of every partition is in sync."""

        async def are_in_sync() -> bool:
            try:
                async with self.admin() as admin:
                    topics = await admin.describe_topics()
            except (KafkaError, OSError):
                return False
            partitions = [partition for topic in topics for partition in topic["partitions"]]
            return all(len(one["isr"]) == len(one["replicas"]) for one in partitions)

        async with asyncio.timeout(_SYNC_SECONDS):
            # Kafka reports no such event, and each query costs a handshake.
            while not await are_in_sync():  # noqa: ASYNC110
                await asyncio.sleep(_SYNC_POLL_SECONDS)

    async def prepare(self, env: Mapping[str, str]) -> None:
        """Make the topics, and grant the programs what `docs/security.md` says.

        `env` has the names of the topic, the group and the database.
        """
        topic, group = env["KAFKA_TOPIC"], env["KAFKA_GROUP_ID"]
        settings = {name.lower(): value for name, value in {**env, **self.outside()}.items()}
        await ensure_topics(SharedSettings.model_validate(settings))
        names = {
            "notifications": topic,
            "notification-receipts": f"{topic.removesuffix('s')}-receipts",
            "notifications-dlq": f"{topic}-dlq",
            "delivery": group,
            "delivery-away": f"{group}-away",
            "delivery-shadow": f"{group}-shadow",
        }
        async with self.admin() as admin:
            await access.grant(admin, access.acls(names))
        roles = access.mongo_roles(env["MONGO_DATABASE"])
        await self.members.add_users(roles, self.passwords)

    def scram(self, program: str, mechanism: str = "SCRAM-SHA-512") -> dict[str, str]:
        """Return the settings with which a program authenticates with a password."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.brokers.bootstrap,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": mechanism,
            "KAFKA_SASL_USERNAME": program,
            "KAFKA_SASL_PASSWORD": self.passwords[program],
            "KAFKA_SSL_CAFILE": str(self.authority.file),
        }

    def mongo(self, program: str) -> dict[str, str]:
        """Return the settings with which a program authenticates at MongoDB with a password."""
        url = self.members.url(program, self.passwords[program], authSource="admin")
        return {"MONGO_URL": url}

    def outside(self) -> dict[str, str]:
        """Return the settings of a program that may do everything, and bypasses the proxies."""
        return {"KAFKA_BOOTSTRAP_SERVERS": self.brokers.outside, **self.certificate("admin")}

    def certificate(self, name: str) -> dict[str, str]:
        """Return the settings with which a program authenticates with a certificate."""
        certificate = self.authority.issue(name)
        return {
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_SSL_CAFILE": str(self.authority.file),
            "KAFKA_SSL_CERTFILE": str(certificate.chain),
            "KAFKA_SSL_KEYFILE": str(certificate.key),
        }

    def token(self, program: str, seconds: float) -> dict[str, str]:
        """Return the settings with which a program authenticates with tokens of this lifetime."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.brokers.bootstrap,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
            "KAFKA_OAUTH_TOKEN_PROVIDER": "tests.cluster.token_provider:token",
            "KAFKA_SSL_CAFILE": str(self.authority.file),
            "TEST_TOKEN_KEY": str(self._token_key),
            "TEST_TOKEN_SUBJECT": program,
            "TEST_TOKEN_SECONDS": str(seconds),
        }

    def mongo_certificate(self, program: str) -> dict[str, str]:
        """Return the settings with which a program authenticates at MongoDB with a certificate."""
        certificate = self.authority.issue(program, CLIENTS_UNIT)
        url = self.members.url(
            authMechanism="MONGODB-X509",
            authSource="$external",
            tlsCertificateKeyFile=str(certificate.both),
        )
        return {"MONGO_URL": url}

    def _publish_key(self, folder: Path) -> Path:
        """Make the key that signs tokens, and return a file with its public key, for Kafka."""
        key = generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._token_key.write_bytes(pem)
        public: dict[str, Any] = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        path = folder / "issuer.json"
        path.write_text(json.dumps({"keys": [{**public, "kid": "tests", "alg": "RS256"}]}))
        return path


def _proxies(ports: list[int], targets: list[int]) -> list[Proxy]:
    return [Proxy(port, target) for port, target in zip(ports, targets, strict=True)]
