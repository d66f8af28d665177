"""Which addresses a webhook or a push endpoint may resolve to."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
_NAT64 = IPv6Network("64:ff9b::/96")


def may_connect(address: str, allowed: Sequence[Network]) -> bool:
    """Return whether to connect to this IP address: a public one, or one of these networks."""
    # A scope, as in fe80::1%eth0, names an interface, not another address.
    ip = ip_address(address.partition("%")[0])
    ip = _embedded_in(ip) or ip
    if any(ip in network for network in allowed):
        return True
    if isinstance(ip, IPv6Address) and ip.is_site_local:
        return False  # deprecated, but some networks still use it, and Python calls it global
    return ip.is_global and not ip.is_multicast and not ip.is_unspecified and not ip.is_reserved


def _embedded_in(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address to which a gateway or the system connects for this IPv6 address."""
    if isinstance(ip, IPv4Address):
        return None
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
