"""`python -m deploy.demo_shop`: serve the shop. `--user ana` sends the states of one order."""

import argparse
import asyncio
import sys

from deploy.demo_shop.app import create_app
from deploy.demo_shop.client import NotificationClient, NotSentError
from deploy.demo_shop.formats import language_of
from deploy.demo_shop.kinds import KINDS, LIFE
from deploy.demo_shop.orders import Order
from deploy.demo_shop.settings import ShopSettings, load_shop
from runtime.http_bounds import Bounds
from runtime.http_server import HttpServer
from runtime.lifecycle import Program, run
from runtime.logs import set_up_logs

_LARGEST_BODY = 64 * 1024


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
    parser.add_argument(
        "--language", default="es", metavar="TAG", help="es or en; default: %(default)s"
    )
    parser.add_argument(
        "--kinds", action="store_true", help="send one notification of each kind instead"
    )
    arguments = parser.parse_args()
    settings = load_shop()
    if arguments.user is None:
        set_up_logs("INFO")
        return run(lambda: _program(settings))
    try:
        asyncio.run(_send(settings, arguments))
    except NotSentError as error:
        sys.stderr.write(f"not sent: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _program(settings: ShopSettings) -> Program:
    client = NotificationClient(settings.producer_api_url, settings.secret)
    server = HttpServer(
        create_app(settings, client),
        settings.demo_shop_host,
        settings.demo_shop_port,
        Bounds(settings.demo_shop_arrival_timeout_seconds, _LARGEST_BODY),
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=2,
    )
    return Program(server, {}, close=client.close)


async def _send(settings: ShopSettings, arguments: argparse.Namespace) -> None:
    user_id, language = arguments.user, language_of(arguments.language)
    order = Order(user_id)
    async with NotificationClient(settings.producer_api_url, settings.secret) as client:
        for position, kind in enumerate(KINDS if arguments.kinds else LIFE):
            if position > 0:
                await asyncio.sleep(arguments.pause)
            if arguments.kinds:
                order = Order(user_id)  # one of each, so that none supersedes another
            await client.send(order, kind, language)
            title = order.notification(kind, language).title
            print(f"{user_id}: {title} ({order.id})", flush=True)


if __name__ == "__main__":
    sys.exit(main())
