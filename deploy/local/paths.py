"""Where things lie in the repository, and what was downloaded."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
KAFKA_JARS = ROOT / ".local" / "kafka" / "jars"
KAFKA_CLASSES = ROOT / ".local" / "kafka" / "classes.aot"
UI_BUILD = ROOT / "frontend" / "dist"


def in_repository(path: Path) -> Path:
    """A path as settings give it: a relative one is meant from the repository's root."""
    return ROOT / path
