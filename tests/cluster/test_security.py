"""Every way in which a program proves who it is, tried on real Kafkas and mongods."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from delivery.tools.dlq import show_list
from delivery.tools.push_again import push_again
from delivery.tools.shadow import shadow
from delivery.tools.status import status
from deploy.local.paths import ROOT
from deploy.local.ports import HOST
from deploy.local.process import Process
from producer_api.contract.kafka_settings import KafkaSettings
from producer_api.contract.mongo_problem import mongo_problem
from runtime.kafka_clients import admin_client
from runtime.kafka_refusal import KafkaRefusedError
from tests.cluster.certificates import Authority
from tests.cluster.cluster import Cluster
from tests.cluster.shop import SHARED
from tests.services.http import http_client
from tests.services.program import ForkedProgram, running
from tests.services.screen import Screen
from tests.services.shopper import Shopper, connected
from tests.services.tokens import SECRET, service_token, sign
from tests.services.waiting import eventually
from tests.services.webhook_receiver import SECRET as WEBHOOK_SECRET
from tests.services.webhook_receiver import WebhookReceiver

Settings = dict[str, str]
Way = Callable[[Cluster, str], Settings]

_NAMES = {
    "KAFKA_TOPIC": "secured",
    "KAFKA_GROUP_ID": "secured",
    "AWAY_GROUP_ID": "secured-away",
    "MONGO_DATABASE": "secured",
}
_TOKEN_SECONDS = 3.0


def _password(cluster: Cluster, program: str, mechanism: str = "SCRAM-SHA-512") -> Settings:
    return {**cluster.scram(program, mechanism), **cluster.mongo(program)}


def _certificates(cluster: Cluster, program: str) -> Settings:
    own = {**cluster.certificate(program), **cluster.mongo_certificate(program)}
    return {**own, "KAFKA_BOOTSTRAP_SERVERS": cluster.brokers.outside}


def _tokens(cluster: Cluster, program: str) -> Settings:
    return {**cluster.token(program, _TOKEN_SECONDS), **cluster.mongo(program)}


_WAYS: dict[str, Way] = {
    "plain": partial(_password, mechanism="PLAIN"),
    "scram-256": partial(_password, mechanism="SCRAM-SHA-256"),
    "certificates": _certificates,
    "tokens": _tokens,
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def allowed(cluster: Cluster) -> Cluster:
    """The cluster, which allows what the documentation says."""
    await cluster.prepare({**SHARED, **_NAMES})
    return cluster


@pytest.fixture
def program_of(allowed: Cluster, ports: Iterator[int]) -> Callable[..., ForkedProgram]:
    """Makes a program, not started yet. `user` is the program's name in the documentation."""

    def make(module: str, user: str, way: Way, **more: str) -> ForkedProgram:
        port = next(ports)
        names = ("PRODUCER_API_PORT", "DELIVERY_PORT", "AWAY_PORT", "CONSOLE_PORT")
        address = dict.fromkeys(names, str(port))
        env = {**SHARED, **_NAMES, **way(allowed, user), **address, **more}
        return ForkedProgram(module, f"http://{HOST}:{port}", env)

    return make


@pytest.mark.parametrize("name", _WAYS)
async def test_a_notification_travels_in_every_way_of_authentication(
    name: str, program_of: Callable[..., ForkedProgram], tmp_path: Path
) -> None:
    log = tmp_path / "tokens.log"
    log.touch()
    api = program_of("producer_api", "producer-api", _WAYS[name], TEST_TOKEN_LOG=str(log))
    delivery = program_of("delivery", "delivery", _WAYS[name], TEST_TOKEN_LOG=str(log))
    shopper = Shopper(name, delivery.url)
    async with running(api, delivery), connected(shopper):
        await _create(api.url, name)
        await shopper.has(1)
        if name == "tokens":
            # Kafka ends a connection when its token expires. Both programs must connect again.
            before = _tokens_of(log)
            await eventually(partial(_have_new_tokens, log, before))
            await _create(api.url, name)
            await shopper.has(2)


async def test_the_documented_rights_are_enough_for_every_program(
    allowed: Cluster, program_of: Callable[..., ForkedProgram], ports: Iterator[int], tmp_path: Path
) -> None:
    async with WebhookReceiver.running(next(ports)) as receiver:
        api = program_of("producer_api", "producer-api", _password)
        delivery = program_of("delivery", "delivery", _password)
        away = program_of(
            "delivery.away",
            "away",
            _password,
            AWAY_AFTER_SECONDS="0.5",
            AWAY_POLL_SECONDS="0.05",
            AWAY_ALLOWED_NETWORKS="127.0.0.0/8",
            AWAY_WEBHOOKS=f"*={receiver.url}/all",
            AWAY_WEBHOOK_SECRET=WEBHOOK_SECRET,
        )
        console = program_of("deploy.console", "console", _password, PRODUCER_API_URL=api.url)
        async with running(api, delivery, away, console):
            created = await _create(api.url, "eva")
            await eventually(partial(_is_told_of, receiver, created))
            await eventually(partial(_is_shown, console.url, "eva"))
            await _use_the_tools(allowed)
            await _read_the_funnel(allowed, tmp_path)
    for program in (api, delivery, away, console):
        assert not [line for line in program.lines if "Authorization" in line or "URL:" in line]


@pytest.mark.parametrize(
    ("module", "user"), [("producer_api", "producer-api"), ("delivery", "delivery")]
)
async def test_a_program_says_which_setting_is_refused(
    module: str, user: str, program_of: Callable[..., ForkedProgram], allowed: Cluster
) -> None:
    kafka = program_of(module, user, _password, KAFKA_SASL_PASSWORD="wrong")
    url = allowed.members.url(user, "wrong", authSource="admin")
    mongo = program_of(module, user, _password, MONGO_URL=url)
    for program, event, setting in (
        (kafka, "waiting for Kafka", "KAFKA_SASL_PASSWORD"),
        (mongo, "waiting for MongoDB", "MONGO_URL"),
    ):
        await program.start_unready()
        try:
            await eventually(partial(_is_told, program, event, setting))
            await eventually(partial(_is_unready, program, setting))
        finally:
            await program.stop()


async def test_the_cause_of_a_refusal_by_kafka_names_the_setting(
    allowed: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers = Authority(tmp_path, "another authority")
    password = _password(allowed, "delivery")
    certificates = _certificates(allowed, "delivery")
    tokens = _tokens(allowed, "delivery")
    without = {**certificates, "KAFKA_SSL_CERTFILE": "", "KAFKA_SSL_KEYFILE": ""}
    foreign = strangers.issue("delivery")
    servers = password["KAFKA_BOOTSTRAP_SERVERS"]
    cases: list[tuple[Settings, str]] = [
        ({**password, "KAFKA_SASL_PASSWORD": "wrong"}, "KAFKA_SASL_PASSWORD"),
        ({**password, "KAFKA_SSL_CAFILE": str(strangers.file)}, "KAFKA_SSL_CAFILE"),
        # The resolver reads 127.1 as 127.0.0.1. The certificates name only the long form.
        (
            {**password, "KAFKA_BOOTSTRAP_SERVERS": servers.replace("localhost", "127.1")},
            "KAFKA_BOOTSTRAP_SERVERS: the certificate .* for another name",
        ),
        ({**password, "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "KAFKA_SECURITY_PROTOCOL"),
        (without, "KAFKA_SSL_CERTFILE"),
        (
            {
                **certificates,
                "KAFKA_SSL_CERTFILE": str(foreign.chain),
                "KAFKA_SSL_KEYFILE": str(foreign.key),
            },
            "KAFKA_SSL_CERTFILE",
        ),
        ({**tokens, "TEST_TOKEN_SECONDS": "-1"}, "KAFKA_OAUTH_TOKEN_PROVIDER"),
        ({**tokens, "TEST_TOKEN_AUDIENCE": "others"}, "KAFKA_OAUTH_TOKEN_PROVIDER: Kafka refuses"),
    ]
    for settings, message in cases:
        for variable, value in settings.items():
            if variable.startswith("TEST_"):
                monkeypatch.setenv(variable, value)
        fields = {name.lower(): value for name, value in settings.items() if value}
        options = KafkaSettings.model_validate(fields).kafka_client_options()
        with pytest.raises(KafkaRefusedError, match=message):
            async with admin_client(options):
                pass


async def test_the_cause_of_a_refusal_by_mongodb_names_the_setting(
    allowed: Cluster, tmp_path: Path
) -> None:
    strangers = Authority(tmp_path, "another authority")
    url = allowed.mongo("delivery")["MONGO_URL"]
    wrong = allowed.members.url("delivery", "wrong", authSource="admin")
    unknown = allowed.mongo_certificate("nobody")["MONGO_URL"]
    untrusted = allowed.members.url("delivery", "wrong", tlsCAFile=str(strangers.file))
    for bad, message in (
        (wrong, "does not accept its user"),
        (unknown, "does not accept its user"),
        (untrusted, "tlsCAFile"),
        (url.replace("localhost", "127.1"), "for another name"),
    ):
        problem = await asyncio.to_thread(_problem_of, bad)
        assert problem.startswith("MONGO_URL: "), problem
        assert message in problem


def _problem_of(url: str) -> str:
    with MongoClient[dict[str, object]](url, serverSelectionTimeoutMS=500) as client:
        try:
            client["secured"]["notifications"].find_one()
        except PyMongoError as error:
            return mongo_problem(error)
    return ""


async def _use_the_tools(cluster: Cluster) -> None:
    screen = Screen({**SHARED, **_NAMES, **_password(cluster, "tools")})
    assert await status(screen.settings, screen.console, once=True) == 0
    await show_list(screen.settings, screen.console)
    now = datetime.now(UTC)
    times = (now - timedelta(hours=1), now)
    assert await push_again(screen.settings, "eva", *times, screen.console, apply=True) == 0
    assert await shadow(screen.settings, "secured-shadow", screen.console) == 0


async def _read_the_funnel(cluster: Cluster, folder: Path) -> None:
    env = {**SHARED, **_NAMES, **_password(cluster, "data-team")}
    argv = [sys.executable, "-m", "deploy.data_team", "--database", str(folder / "funnel.duckdb")]
    funnel = Process("funnel", argv, env=env, cwd=ROOT)
    await funnel.start()
    assert await funnel.wait() == 0, list(funnel.recent)


async def _create(url: str, user: str) -> str:
    body = {"user_id": user, "type": "order.shipped", "title": "Pedido despachado"}
    token = {"Authorization": f"Bearer {service_token()}"}
    async with http_client(url, headers=token) as client:
        answer = await client.post("/v1/notifications", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


def _tokens_of(log: Path) -> Counter[str]:
    """Return how many tokens each program has asked for."""
    return Counter(log.read_text().split())


async def _have_new_tokens(log: Path, before: Counter[str]) -> bool:
    return all(count > before[program] for program, count in _tokens_of(log).items())


async def _is_told_of(receiver: WebhookReceiver, notification_id: str) -> bool:
    return notification_id in receiver.ids()


async def _is_shown(console_url: str, user: str) -> bool:
    token = sign(SECRET, sub="eva", scope="notifications:read")
    async with http_client(console_url, headers={"Authorization": f"Bearer {token}"}) as client:
        answer = await client.get("/api/notifications", params={"by": "user", "q": user})
    return bool(answer.status_code == 200 and answer.json()["items"])


async def _is_told(program: ForkedProgram, event: str, setting: str) -> bool:
    return any(entry["event"] == event and setting in entry["cause"] for entry in program.events)


async def _is_unready(program: ForkedProgram, setting: str) -> bool:
    async with http_client(program.url) as client:
        answer = await client.get("/readyz")
    return answer.status_code == 503 and setting in answer.text
