"""`python -m deploy.demo_shop`: serve the shop. `--user ana` sends the states of one order."""

import argparse
import asyncio
import sys

import uvicorn

from deploy.demo_shop.app import create_app
from deploy.demo_shop.client import NotificationClient, NotSentError
from deploy.demo_shop.orders import Order
from deploy.demo_shop.settings import ShopSettings, load_shop
from runtime.logs import set_up_logs


def main() -> int:
    """Serve the shop, or send one order's states. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo_shop", description=__doc__)
    parser.add_argument(
        "--user", metavar="ID", help="send the notifications of one order to this shopper"
    )
    parser.add_argument(
        "--pause",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="pause between the order's states; default: %(default)s",
    )
    arguments = parser.parse_args()
    settings = load_shop()
    if arguments.user is None:
        _serve(settings)
        return 0
    try:
        asyncio.run(_send_states(settings, arguments.user, arguments.pause))
    except NotSentError as error:
        sys.stderr.write(f"not sent: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _serve(settings: ShopSettings) -> None:
    set_up_logs("INFO")
    uvicorn.run(
        create_app(settings),
        host=settings.demo_shop_host,
        port=settings.demo_shop_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )


async def _send_states(settings: ShopSettings, user_id: str, pause: float) -> None:
    order = Order(user_id)
    async with NotificationClient(settings.producer_api_url, settings.secret) as client:
        while (state := order.next_state) is not None:
            await client.advance(order)
            print(f"{user_id}: {state.title} ({order.id})", flush=True)
            if order.next_state is not None:
                await asyncio.sleep(pause)


if __name__ == "__main__":
    sys.exit(main())
