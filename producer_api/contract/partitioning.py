"""The partition of a user's records."""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=50_000)  # murmur2 is pure Python, and each rebalance needs it for every socket
def partition_of(user_id: str, partitions: int) -> int:
    """Return the partition of this user, as the default partitioner of the Java client does.

    aiokafka's producer uses the same function.
    """
    hashed: int = murmur2(user_id.encode()) & 0x7FFF_FFFF
    return hashed % partitions
