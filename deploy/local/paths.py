"""Paths in the repository, including downloads and builds."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
KAFKA_JARS = ROOT / ".local" / "kafka" / "jars"
KAFKA_CLASSES = ROOT / ".local" / "kafka" / "classes.aot"
KAFKA_FORMATTED = ROOT / ".local" / "kafka" / "formatted"
UI_BUILD = ROOT / "frontend" / "dist"
CONSOLE_BUILD = ROOT / "frontend" / "dist-console"


def in_repository(path: Path) -> Path:
    """Return the absolute form of a path that may be relative to the repository's root."""
    return ROOT / path
