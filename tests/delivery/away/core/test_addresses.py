"""The addresses that the away program refuses to call."""

from ipaddress import ip_network

import pytest

from delivery.away.core.addresses import may_connect

_PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # a cloud provider's metadata service
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - it is refused
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", _PRIVATE)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not may_connect(address, [])


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_a_public_address_is_allowed(address: str) -> None:
    assert may_connect(address, [])


def test_a_private_network_can_be_allowed() -> None:
    allowed = [ip_network("10.1.0.0/16"), ip_network("::1/128")]
    assert may_connect("10.1.2.3", allowed)
    assert may_connect("::ffff:10.1.2.3", allowed)
    assert may_connect("::1", allowed)
    assert not may_connect("10.2.0.1", allowed)
