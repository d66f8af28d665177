"""Where things lie in the repository, and what was downloaded."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
KAFKA_JARS = ROOT / ".local" / "kafka" / "jars"
UI_BUILD = ROOT / "frontend" / "dist"
