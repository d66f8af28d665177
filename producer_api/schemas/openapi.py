"""`python -m producer_api.schemas.openapi` prints the OpenAPI document for docs/openapi.json."""

import asyncio
import json
import sys
from typing import Any

from pydantic import SecretStr

from producer_api.app import join
from producer_api.settings import Settings


async def document() -> dict[str, Any]:
    """Return the OpenAPI document. It depends on no setting, and opens no connection."""
    parts = join(Settings(auth_jwt_secret=SecretStr("a secret that signs nothing at all")))
    try:
        return parts.api.openapi()
    finally:
        await parts.close()


def main() -> None:
    """Print the OpenAPI document."""
    text = json.dumps(asyncio.run(document()), indent=1, ensure_ascii=False)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
