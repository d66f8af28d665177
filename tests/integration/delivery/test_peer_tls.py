"""Links between instances over TLS, on which both sides show a certificate of one authority."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage

from tests.cluster.certificates import Authority
from tests.integration.delivery.instances import share_all_partitions
from tests.services.program import ForkedProgram, running
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World


def _instance(
    env: dict[str, str], ports: Iterator[int], authority: Authority, scheme: str = "https"
) -> ForkedProgram:
    port, peer_port = next(ports), next(ports)
    certificate = authority.issue(f"delivery-{port}")
    settings = {
        "DELIVERY_PORT": str(port),
        "DELIVERY_PEER_PORT": str(peer_port),
        "DELIVERY_ADVERTISED_URL": f"{scheme}://127.0.0.1:{peer_port}",
        "DELIVERY_PEER_TLS_CERTFILE": str(certificate.chain),
        "DELIVERY_PEER_TLS_KEYFILE": str(certificate.key),
        "DELIVERY_PEER_TLS_CAFILE": str(authority.file),
    }
    return ForkedProgram("delivery", f"http://127.0.0.1:{port}", env | settings)


async def _refused(instance: ForkedProgram, cause: str) -> None:
    async def is_logged() -> bool:
        return any(
            event["event"] == "peer link refused"
            and event["level"] == "error"
            and cause in event["cause"]
            for event in instance.events
        )

    await eventually(is_logged)


async def _peer_port(instance: ForkedProgram) -> int:
    *_, listening = (event for event in instance.events if event["event"] == "listening")
    return int(listening["addresses"][0].rpartition(":")[2])


async def _needs_a_certificate(port: int, authority: Authority) -> None:
    certificate = authority.issue("client")
    context = ssl.create_default_context(cafile=authority.file)
    assert await _answer(port, context) == b""
    context.load_cert_chain(certificate.chain, certificate.key)
    assert await _answer(port, context) == b"HTTP/1.1 404"
    with pytest.raises(InvalidMessage):
        await connect(f"ws://127.0.0.1:{port}/peer", proxy=None)


async def _answer(port: int, context: ssl.SSLContext) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: peers\r\n\r\n")
        return await reader.read(12)
    except (ssl.SSLError, ConnectionError):
        return b""
    finally:
        writer.close()


async def test_instances_trust_only_certificates_of_their_authority(
    world: World, stack_env: dict[str, str], ports: Iterator[int], tmp_path: Path
) -> None:
    ours = Authority(tmp_path / "ours")
    first, second = (_instance(stack_env, ports, ours) for _ in range(2))
    # This instance has its certificate, but does not serve TLS yet, as during a change to TLS.
    plain = _instance(stack_env, ports, ours, "http")
    stranger = _instance(stack_env, ports, Authority(tmp_path / "theirs", "another authority"))
    users = [world.users_of_partition(number, 1)[0] for number in range(3)]
    async with running(first, second, plain):
        await share_all_partitions(world, first, second, plain)
        instances = (first, second, plain)
        shoppers = [Shopper(user, each.url) for each in instances for user in users]
        async with connected(*shoppers):
            for user in users:
                await world.create(user)
            for shopper in shoppers:
                await shopper.has(1)
        for instance in instances:
            assert (await instance.samples())["delivery_peer_links"] == 2
        await _needs_a_certificate(await _peer_port(second), ours)
        await plain.stop()  # so that the stranger gets a partition, and the others dial it
        async with running(stranger):
            await _refused(first, "CERTIFICATE_VERIFY_FAILED")
            await _refused(stranger, "CERTIFICATE_VERIFY_FAILED")
