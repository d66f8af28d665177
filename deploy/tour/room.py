"""The address of the machine room, where the tour can be watched."""

import httpx

from deploy.local.settings import LocalSettings

_SECONDS = 3.0


async def room_of(settings: LocalSettings) -> str | None:
    """Return the address with a demo visitor's token, or None if the demo shop returns none."""
    shop = f"http://localhost:{settings.demo_shop_port}"
    try:
        async with httpx.AsyncClient(timeout=_SECONDS) as client:
            answer = await client.post(f"{shop}/api/machine-room")
            return str(answer.raise_for_status().json()["url"])
    except (httpx.HTTPError, ValueError, KeyError):
        return None
