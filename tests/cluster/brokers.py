"""Three Kafka processes of one cluster. Each is a broker and a controller (KRaft).

Each has four listeners. `PEERS` and `CONTROLLER` are for the processes among themselves. Programs
use `CLIENTS`, through the fault proxy. `OUTSIDE` is for the tests' own clients, and needs a
certificate.
"""

import asyncio
import re
import secrets
import shutil
import ssl
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.local.kafka import Kafka, Member, answers
from tests.cluster.certificates import Authority, Certificate

COUNT = 3
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "OAUTHBEARER")
#: A broker ends a connection that began with a token after this time, or when the token expires, if
#: that is earlier.
_LONGEST_TOKEN_MS = 3_600_000
_OAUTH = "org.apache.kafka.common.security.oauthbearer"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"


class Brokers:
    """The processes, and how to reach them. `passwords` has the passwords of all users, by name.

    `broker` and `admin`, who have certificates and no password, may do everything. Others may do
    what an ACL allows.
    """

    def __init__(
        self,
        folder: Path,
        ports: Iterator[int],
        authority: Authority,
        passwords: Mapping[str, str],
        proxy_ports: list[int],
        issuer_keys: Path,
        session_ms: int,
    ) -> None:
        self._session_ms = session_ms
        self.client_ports = [next(ports) for _ in range(COUNT)]
        self.outside_ports = [next(ports) for _ in range(COUNT)]
        self._peer_ports = [next(ports) for _ in range(COUNT)]
        self._controller_ports = [next(ports) for _ in range(COUNT)]
        self._proxy_ports = proxy_ports
        self._authority = authority
        self._passwords = passwords
        self._issuer_keys = issuer_keys
        self._server = authority.issue("broker")
        self._admin = authority.issue("admin")
        self.bootstrap = ",".join(f"localhost:{port}" for port in proxy_ports)
        self.outside = ",".join(f"localhost:{port}" for port in self.outside_ports)
        self.processes = [self._process(folder / f"kafka-{n}", n) for n in range(COUNT)]

    @property
    def outside_options(self) -> dict[str, Any]:
        """The options of an aiokafka client that may do everything, and bypasses the proxy."""
        return {"bootstrap_servers": self.outside, **self._security(self._admin)}

    async def start(self) -> None:
        """Format the folders, start all, and wait until they answer. Raises `PartFailedError`."""
        await self.processes[0].format()
        for number, process in enumerate(self.processes[1:], 2):
            _copy_formatted(self.processes[0].logs, process.logs, number)
        async with asyncio.TaskGroup() as starting:
            for process in self.processes:
                starting.create_task(process.start())

    def _security(self, certificate: Certificate) -> dict[str, Any]:
        context = ssl.create_default_context(cafile=self._authority.file)
        context.load_cert_chain(certificate.chain, certificate.key)
        return {"security_protocol": "SSL", "ssl_context": context}

    def _process(self, folder: Path, index: int) -> Kafka:
        security = self._security(self._admin)
        return Kafka(
            folder,
            self.client_ports[index],
            self._controller_ports[index],
            member=Member(
                f"kafka-{index + 1}",
                self._properties(index),
                self._formatting(),
                [f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self._issuer_keys.as_uri()}"],
                lambda: answers(self.outside_ports[index], **security),
            ),
        )

    def _formatting(self) -> list[str]:
        return [
            argument
            for name, password in self._passwords.items()
            for mechanism in ("SCRAM-SHA-512", "SCRAM-SHA-256")
            for argument in ("--add-scram", f"{mechanism}=[name={name},password={password}]")
        ]

    def _properties(self, index: int) -> dict[str, str]:
        voters = enumerate(self._controller_ports, 1)
        ports = {
            "CLIENTS": self.client_ports[index],
            "OUTSIDE": self.outside_ports[index],
            "PEERS": self._peer_ports[index],
        }
        advertised = ports | {"CLIENTS": self._proxy_ports[index]}
        listening = ports | {"CONTROLLER": self._controller_ports[index]}
        return {
            "node.id": str(index + 1),
            "controller.quorum.voters": ",".join(f"{n}@localhost:{port}" for n, port in voters),
            "listeners": _listeners(listening, "127.0.0.1"),
            "advertised.listeners": _listeners(advertised, "localhost"),
            "inter.broker.listener.name": "PEERS",
            "listener.security.protocol.map": (
                "CLIENTS:SASL_SSL,OUTSIDE:SSL,PEERS:SSL,CONTROLLER:SSL"
            ),
            "broker.session.timeout.ms": str(self._session_ms),
            "broker.heartbeat.interval.ms": str(self._session_ms // 4),
            "default.replication.factor": str(COUNT),
            "min.insync.replicas": "2",
            "offsets.topic.replication.factor": str(COUNT),
            "transaction.state.log.replication.factor": str(COUNT),
            "transaction.state.log.min.isr": "2",
            **self._tls(),
            **self._sasl(),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:broker;User:admin",
        }

    def _tls(self) -> dict[str, str]:
        return {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._server.both),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self._authority.file),
            "ssl.client.auth": "required",
            "listener.name.clients.ssl.client.auth": "none",
            "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/,DEFAULT",
        }

    def _sasl(self) -> dict[str, str]:
        clients = "listener.name.clients"
        users = " ".join(f'user_{name}="{word}"' for name, word in self._passwords.items())
        oauth = f"{clients}.oauthbearer"
        return {
            "sasl.enabled.mechanisms": ",".join(MECHANISMS),
            f"{clients}.scram-sha-512.sasl.jaas.config": _SCRAM,
            f"{clients}.scram-sha-256.sasl.jaas.config": _SCRAM,
            f"{clients}.plain.sasl.jaas.config": f"{_PLAIN} {users};",
            f"{oauth}.sasl.jaas.config": f"{_OAUTH}.OAuthBearerLoginModule required;",
            f"{oauth}.sasl.server.callback.handler.class": (
                f"{_OAUTH}.OAuthBearerValidatorCallbackHandler"
            ),
            f"{oauth}.sasl.oauthbearer.jwks.endpoint.url": self._issuer_keys.as_uri(),
            f"{oauth}.sasl.oauthbearer.expected.audience": "kafka",
            f"{oauth}.sasl.oauthbearer.expected.issuer": "tests",
            f"{oauth}.connections.max.reauth.ms": str(_LONGEST_TOKEN_MS),
        }


def _listeners(ports: Mapping[str, int], host: str) -> str:
    return ",".join(f"{name}://{host}:{port}" for name, port in ports.items())


def _copy_formatted(source: Path, target: Path, node: int) -> None:
    """Make another node's folder from a formatted one: formatting takes a second of CPU time."""
    shutil.copytree(source, target)
    meta = target / "meta.properties"
    text = re.sub(r"node\.id=\d+", f"node.id={node}", meta.read_text())
    directory = urlsafe_b64encode(uuid.UUID(bytes=secrets.token_bytes(16), version=4).bytes)
    meta.write_text(re.sub(r"directory\.id=\S+", f"directory.id={directory.decode()[:22]}", text))
