"""The size of the record in which the brokers store a group's assignments (docs/capacity.md)."""

import pytest

from delivery.core.assignor_messages import PLAIN_MAP
from tests.bench.capacity import group

#: The brokers' default `message.max.bytes`.
_BROKER_LIMIT = 1024 * 1024


def test_a_large_group_fits_into_the_brokers_default_limit() -> None:
    assert group(350, 700)["record_bytes"] < _BROKER_LIMIT


def test_plain_maps_fit_for_160_instances_and_are_far_larger() -> None:
    assert group(160, 160, PLAIN_MAP)["record_bytes"] < _BROKER_LIMIT
    assert group(350, 700, PLAIN_MAP)["record_bytes"] > 6 * group(350, 700)["record_bytes"]


@pytest.mark.parametrize(("instances", "partitions"), [(100, 200), (250, 500)])
def test_a_map_grows_with_the_group_and_the_record_with_its_square(
    instances: int, partitions: int
) -> None:
    once, twice = group(instances, partitions), group(2 * instances, 2 * partitions)
    assert 1.7 < twice["map_bytes"] / once["map_bytes"] < 2.1
    assert 3.0 < twice["record_bytes"] / once["record_bytes"] < 4.2
