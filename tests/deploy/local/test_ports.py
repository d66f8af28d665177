"""Errors about ports that are in use name the port and its setting."""

import itertools
import socket
from collections.abc import Iterator

import pytest

from deploy.local.ports import PortInUseError, free_ports, is_free, listening, refuse_taken


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def taken_on_ipv6() -> Iterator[int]:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        yield server.getsockname()[1]


def test_a_port_in_use_is_named_with_its_setting(taken: int) -> None:
    with pytest.raises(PortInUseError, match=rf"port {taken} \(UI_PORT\) is in use"):
        refuse_taken({"UI_PORT": taken})


def test_a_port_in_use_on_ipv6_alone_is_not_free(taken_on_ipv6: int) -> None:
    assert not is_free(taken_on_ipv6)


def test_all_problems_are_named_in_one_error(taken: int, ports: Iterator[int]) -> None:
    free = next(ports)
    with pytest.raises(PortInUseError) as error:
        refuse_taken({"A": taken, "B": free, "C": free})
    assert f"port {taken} (A)" in str(error.value)
    assert f"port {free} is set twice, by B and C" in str(error.value)


def test_free_ports_are_distinct_and_below_the_ephemeral_range() -> None:
    free = list(itertools.islice(free_ports(32_700), 100))
    assert len(set(free)) == 100
    assert max(free) < 32_768
    refuse_taken({f"P{port}": port for port in free})


async def test_only_a_port_with_a_server_is_listening(taken: int, ports: Iterator[int]) -> None:
    assert await listening(taken)
    assert not await listening(next(ports))
