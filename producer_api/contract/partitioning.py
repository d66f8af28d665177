"""Which partition a user's records stand in."""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=50_000)  # it is pure Python, and asked of every socket at each rebalance
def partition_of(user: str, partitions: int) -> int:
    """The Java client's default partitioner, which aiokafka's producer uses as well."""
    hashed: int = murmur2(user.encode()) & 0x7FFF_FFFF
    return hashed % partitions
