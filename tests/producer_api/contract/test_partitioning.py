"""The hash that places a user in a partition equals that of Kafka's clients."""

from aiokafka.partitioner import murmur2 as of_aiokafka
from hypothesis import given
from hypothesis import strategies as st

from producer_api.contract.partitioning import murmur2, partition_of

_JAVA_TEST_KEYS = {  # from Kafka's own tests (UtilsTest.testMurmur2)
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@given(st.binary(max_size=80))
def test_hash_is_that_of_the_producers_client(key: bytes) -> None:
    assert murmur2(key) == of_aiokafka(key) & 0xFFFF_FFFF


def test_hash_is_that_of_the_java_client() -> None:
    for key, hashed in _JAVA_TEST_KEYS.items():
        assert murmur2(key) == hashed & 0xFFFF_FFFF


def test_partition_is_that_of_the_java_client() -> None:
    assert partition_of("foobar", 12) == (-790332482 & 0x7FFF_FFFF) % 12
