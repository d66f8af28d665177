"""`python -m producer_api.openapi` prints the OpenAPI document; it is kept as docs/openapi.json."""

import asyncio
import json
import sys
from typing import Any

from pydantic import SecretStr

from producer_api.app import build
from producer_api.settings import Settings


async def document() -> dict[str, Any]:
    """The document, which no setting changes; nothing is connected for it."""
    program = build(Settings(auth_jwt_secret=SecretStr("signs nothing")))
    try:
        return program.api.openapi()
    finally:
        await program.verifier.close()
        program.client.close()


def main() -> None:
    """Print it."""
    text = json.dumps(asyncio.run(document()), indent=1, ensure_ascii=False)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
