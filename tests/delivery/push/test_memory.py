"""The memory that an owner needs for each connected user (docs/capacity.md)."""

from tests.bench.capacity import owner

_MOST_BYTES = 2_500


def test_an_owners_memory_grows_linearly_with_its_users() -> None:
    few, many = (owner(users)["owner_bytes_per_user"] for users in (1_000, 3_000))
    assert many < _MOST_BYTES
    assert many < 1.2 * few
