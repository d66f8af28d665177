"""The file that says where the instances are."""

from pathlib import Path

from deploy.local.addresses import read_addresses, write_addresses


def test_what_is_written_is_read(tmp_path: Path) -> None:
    for urls in (["http://127.0.0.1:1", "http://127.0.0.1:2"], []):
        write_addresses(tmp_path, urls)
        assert read_addresses(tmp_path) == urls
    assert [path.name for path in tmp_path.iterdir()] == ["instances.json"]


def test_there_are_none_before_the_first_has_joined(tmp_path: Path) -> None:
    assert read_addresses(tmp_path) == []
