"""The shop as a process."""

from deploy.demo_shop.app import create_app
from deploy.demo_shop.client import NotificationClient
from deploy.demo_shop.settings import ShopSettings, load_shop
from runtime.http_bounds import Bounds
from runtime.http_server import HttpServer
from runtime.lifecycle import Program, run
from runtime.logs import set_up_logs

_LARGEST_BODY = 64 * 1024


def serve() -> int:
    """Serve the shop until SIGTERM or SIGINT. Return the exit status."""
    settings = load_shop()
    set_up_logs("INFO")
    return run(lambda: _program(settings))


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
