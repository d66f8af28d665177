"""Sends the notifications of one order, one after the other."""

import argparse
import asyncio
import sys

from deploy.demo_shop.client import NotificationClient, NotSentError
from deploy.demo_shop.formats import language_of
from deploy.demo_shop.kinds import KINDS, LIFE
from deploy.demo_shop.orders import Order
from deploy.demo_shop.settings import ShopSettings, load_shop


def send_order(arguments: argparse.Namespace) -> int:
    """Send the states of an order, or with `kinds` one of each kind. Return the exit status."""
    settings = load_shop()
    try:
        asyncio.run(_send(settings, arguments))
    except NotSentError as error:
        sys.stderr.write(f"not sent: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


async def _send(settings: ShopSettings, arguments: argparse.Namespace) -> None:
    user_id, language = arguments.user, language_of(arguments.language)
    order = Order(user_id)
    async with NotificationClient(settings.producer_api_url, settings.secret) as client:
        for position, kind in enumerate(KINDS if arguments.kinds else LIFE):
            if position > 0:
                await asyncio.sleep(arguments.pause)
            if arguments.kinds:
                # a new order for each kind, so that no notification supersedes another
                order = Order(user_id)
            await client.send(order, kind, language)
            title = order.notification(kind, language).title
            print(f"{user_id}: {title} ({order.id})", flush=True)
