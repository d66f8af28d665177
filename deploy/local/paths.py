"""Paths in the repository, including downloads and builds."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
KAFKA_JARS = ROOT / ".local" / "kafka" / "jars"
KAFKA_CLASSES = ROOT / ".local" / "kafka" / "classes.aot"
UI_BUILD = ROOT / "frontend" / "dist"


def in_repository(path: Path) -> Path:
    """Return a path from the settings as an absolute one, resolved at the repository's root."""
    return ROOT / path
