"""`python -m producer_api.schemas` regenerates the JSON Schemas and docs/asyncapi.yaml.

With `--release`, it also writes the schemas to `released/`. The tests fail if a later change would
break consumers of the released schemas.
"""

import argparse
import json
import sys

from producer_api.schemas.asyncapi import DOCUMENT, text
from producer_api.schemas.compatibility import breaks
from producer_api.schemas.json_schemas import FOLDER, RELEASED, schemas


def main() -> None:
    """Write the files. Refuses to release schemas that would break consumers."""
    parser = argparse.ArgumentParser(prog="python -m producer_api.schemas", description=__doc__)
    parser.add_argument("--release", action="store_true", help="also release the schemas")
    is_release = parser.parse_args().release
    current = schemas()
    broken = [f"{name}: {change}" for name in current for change in _breaks(name, current[name])]
    if is_release and broken:
        sys.exit("consumers of the released schemas would break:\n  " + "\n  ".join(broken))
    RELEASED.mkdir(exist_ok=True)
    for folder in (FOLDER, RELEASED) if is_release else (FOLDER,):
        for name, schema in current.items():
            (folder / name).write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    DOCUMENT.write_text(text())


def _breaks(name: str, schema: dict[str, object]) -> list[str]:
    released = RELEASED / name
    return breaks(json.loads(released.read_text()), schema) if released.exists() else []


if __name__ == "__main__":
    main()
