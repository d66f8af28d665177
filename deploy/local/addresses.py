"""Where the delivery instances are: the launcher writes it, the proxy reads it, as a small file."""

import json
from collections.abc import Sequence
from pathlib import Path

_NAME = "instances.json"


def write_addresses(data: Path, urls: Sequence[str]) -> None:
    """Say that these are the instances now. Whoever reads meanwhile finds the old or the new."""
    fresh = data / f"{_NAME}.new"
    fresh.write_text(json.dumps(list(urls)))
    fresh.replace(data / _NAME)


def read_addresses(data: Path) -> list[str]:
    """The instances now; none before the first has joined."""
    try:
        urls: list[str] = json.loads((data / _NAME).read_text())
    except FileNotFoundError:
        return []
    return urls
