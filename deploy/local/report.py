"""The text that `make run` prints."""

from deploy.demo_shop.shoppers import SHOPPERS
from deploy.demo_shop.tokens import service_token
from deploy.local.paths import in_repository
from deploy.local.settings import LocalSettings

_TOKEN_DAYS = 30
_SHOP_COMMAND = ".venv/bin/python -m deploy.demo_shop"
_PORTS_OF_TOUR = (
    "local_mongo_port", "local_kafka_port", "producer_api_port", "demo_shop_port", "ui_port",
)  # fmt: skip

_REPORT = """\

  UI               http://localhost:{ui}     sign in as {shoppers}
  demo shop        http://localhost:{shop}
  producer API     http://localhost:{api}/docs
  delivery         {delivery}
  machine room     http://localhost:{console}     enter from the demo shop
  away             http://localhost:{away}/readyz
  logs             {logs}

Start a third delivery instance: {scale_command} N=3   (N=2 stops it)
See the guarantees, one after the other: {tour_command}
Send the notifications of an order: {shop_command} --user {user}
Send one notification (this stack accepts the service token for {days} days):

  curl -sS http://localhost:{api}/v1/notifications \\
    -H 'Authorization: Bearer {token}' \\
    -H 'Content-Type: application/json' \\
    -d '{{"user_id":"{user}","type":"order.shipped","title":"Pedido despachado"}}'

Ready in {seconds:.1f} s. Ctrl-C stops everything.
"""


def ready_line(part: str, seconds: float) -> str:
    """Return the line that reports a part as ready `seconds` after the start."""
    return f"{part:<13} ready after {seconds:4.1f} s"


def report(settings: LocalSettings, secret: str, seconds: float) -> str:
    """Return the text with addresses, shoppers, and examples of how to send notifications."""
    return _REPORT.format(
        ui=settings.ui_port,
        shop=settings.demo_shop_port,
        api=settings.producer_api_port,
        shop_command=_shop_command(settings),
        scale_command=" ".join([*_data_setting(settings), "make scale"]),
        tour_command=_tour_command(settings),
        delivery=" ".join(f"http://localhost:{port}" for port in settings.delivery_ports),
        away=settings.away_port,
        console=settings.console_port,
        logs=settings.local_data / "logs",
        shoppers=", ".join(SHOPPERS),
        user=next(iter(SHOPPERS)),
        token=service_token(secret, lifetime_seconds=_TOKEN_DAYS * 86_400),
        days=_TOKEN_DAYS,
        seconds=seconds,
    )


def _shop_command(settings: LocalSettings) -> str:
    """Return the command of this stack's shop, with all settings that differ from the defaults."""
    return " ".join(
        [*_ports(settings, "producer_api_port"), *_data_setting(settings), _SHOP_COMMAND]
    )


def _tour_command(settings: LocalSettings) -> str:
    ports = _ports(settings, *_PORTS_OF_TOUR)
    return " ".join([*ports, *_data_setting(settings), "make tour"])


def _ports(settings: LocalSettings, *names: str) -> list[str]:
    """Return these settings as assignments, without those that have their defaults."""
    fields = LocalSettings.model_fields
    return [
        f"{name.upper()}={getattr(settings, name)}"
        for name in names
        if getattr(settings, name) != fields[name].default
    ]


def _data_setting(settings: LocalSettings) -> list[str]:
    default = in_repository(LocalSettings.model_fields["local_data"].default)
    return [] if settings.local_data == default else [f"LOCAL_DATA={settings.local_data}"]
