"""The settings of the away program, from its environment."""

import base64
import binascii
import re
from ipaddress import ip_network
from typing import Annotated, Self

from py_vapid import Vapid02, VapidException
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from delivery.away.core.addresses import Network
from delivery.away.core.decide_telling import TellingRules
from delivery.away.core.entry import Until, Way
from delivery.away.core.retries import Retries
from producer_api.contract.setting_types import Host, web_url
from producer_api.contract.settings import SharedSettings

#: In AWAY_WEBHOOKS, the categories that have no webhook of their own.
OTHERS = "*"
_CATEGORY = re.compile(r"[a-z0-9_-]{1,128}")
#: As Standard Webhooks recommends.
_SECRET_PREFIX, _LEAST_SECRET, _MOST_SECRET = "whsec_", 24, 64
_DAY_SECONDS = 86_400.0

Seconds = Annotated[float, Field(gt=0, le=30 * _DAY_SECONDS, allow_inf_nan=False)]
Slots = Annotated[int, Field(ge=1, le=1_000)]


def _webhooks(value: object) -> object:
    """Return the URL of each category, from `order=https://… *=https://…`."""
    if not isinstance(value, str):
        return value
    urls: dict[str, str] = {}
    for part in value.split():
        category, equals, url = part.partition("=")
        if not equals or not (category == OTHERS or _CATEGORY.fullmatch(category)):
            raise ValueError(
                f"expected category=https://host.example/path, separated by spaces, or {OTHERS}=… "
                f"for all other categories; got {part!r}"
            )
        if category in urls:
            raise ValueError(f"the category {category} has two URLs")
        urls[category] = web_url(url)
    return urls


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return tuple(ip_network(part.strip()) for part in value.split(","))
    except ValueError as error:
        raise ValueError(f"expected networks such as 10.1.0.0/16, with commas: {error}") from error


def _categories(value: object) -> object:
    if not isinstance(value, str):
        return value
    names = [part.strip() for part in value.split(",")]
    for name in names:
        if not _CATEGORY.fullmatch(name):
            raise ValueError(f"expected categories such as order, with commas; got {name!r}")
    return frozenset(names)


def _webhook_secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    try:
        key = base64.b64decode(text.removeprefix(_SECRET_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not text.startswith(_SECRET_PREFIX) or not _LEAST_SECRET <= len(key) <= _MOST_SECRET:
        raise ValueError(
            f"must be {_SECRET_PREFIX} and {_LEAST_SECRET} to {_MOST_SECRET} bytes in base64. "
            "Make one with `echo whsec_$(openssl rand -base64 32)`"
        )
    return value


def _vapid_key(value: SecretStr) -> SecretStr:
    try:
        Vapid02.from_string(value.get_secret_value())
    except (VapidException, ValueError, TypeError) as error:
        raise ValueError(
            "must be a P-256 private key, as its 32 bytes in URL-safe base64. "
            "Make a pair with `python -m delivery.tools away keys`"
        ) from error
    return value


def _subject(value: str) -> str:
    if not re.fullmatch(r"mailto:[^\s@]+@[^\s@]+|https://[^\s/]+\S*", value):
        raise ValueError(f"expected mailto:ops@shop.example or an https URL; got {value!r}")
    return value


WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]


class AwaySettings(SharedSettings):
    """The settings, each from the environment variable with its name in capitals."""

    auth_jwt_secret: SecretStr | None = SecretStr("this program verifies no tokens")

    away_host: Host = "127.0.0.1"
    away_port: Annotated[int, Field(ge=1, le=65_535)] = 8120
    away_group_id: Annotated[str, Field(min_length=1, max_length=249)] = "delivery-away"
    away_until: Until = Until.DELIVERED
    """What must have happened in time: `delivered` or `seen`."""
    away_after_seconds: Seconds = 300
    """How long after its creation a notification is told in other ways."""
    away_max_age_seconds: Seconds = _DAY_SECONDS
    """Older notifications are not told, for example in the first run, or after a long outage."""
    away_poll_seconds: Annotated[float, Field(ge=0.05, le=60)] = 1
    """How long to wait after a query that found nothing due."""
    away_allowed_networks: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = ()
    """Networks of private addresses to which webhooks and push endpoints may resolve."""

    away_webhooks: Annotated[dict[str, str], NoDecode, BeforeValidator(_webhooks)] = Field({})
    """The URL of each category: `order=https://mail.example/hook *=https://sms.example/hook`."""
    away_webhook_secret: WebhookSecret | None = None
    away_webhook_secret_previous: WebhookSecret | None = None
    """The secret before the current one. While secrets rotate, both sign."""
    away_webhook_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 15
    away_webhook_slots: Slots = 20
    """How many calls may be under way to one URL."""
    away_retry_first_seconds: Seconds = 5
    away_retry_for_seconds: Seconds = _DAY_SECONDS
    """How long a failing endpoint is tried, before the notification is a dead letter."""

    away_vapid_private_key: Annotated[SecretStr, AfterValidator(_vapid_key)] | None = None
    away_vapid_subject: Annotated[str, AfterValidator(_subject)] | None = None
    """The address of an operator, for push services."""
    away_push_ttl_seconds: Annotated[int, Field(ge=0, le=28 * 86_400)] = 86_400
    """How long a push service keeps a message for a browser that is not running."""
    away_push_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10
    away_push_slots: Slots = 40
    """How many users may be told at the same time."""
    away_pass_quiet_hours: Annotated[frozenset[str], NoDecode, BeforeValidator(_categories)] = (
        frozenset()
    )
    """The categories that Web Push tells in quiet hours, too: `order,security`."""

    @model_validator(mode="after")
    def _check_ways(self) -> Self:
        if self.away_webhooks and self.away_webhook_secret is None:
            raise ValueError("AWAY_WEBHOOK_SECRET: not set, but AWAY_WEBHOOKS needs it")
        if self.away_vapid_private_key and self.away_vapid_subject is None:
            raise ValueError("AWAY_VAPID_SUBJECT: not set, but AWAY_VAPID_PRIVATE_KEY needs it")
        if not self.away_webhooks and self.away_vapid_private_key is None:
            raise ValueError(
                "AWAY_WEBHOOKS or AWAY_VAPID_PRIVATE_KEY: neither is set, so there is no way to "
                "tell anything; set one of them"
            )
        return self

    @property
    def rules(self) -> TellingRules:
        """The rules of telling."""
        return TellingRules(self.away_until, self.away_pass_quiet_hours)

    @property
    def retries(self) -> Retries:
        """The pauses between attempts."""
        return Retries(self.away_retry_first_seconds, self.away_retry_for_seconds)

    @property
    def webhook_secrets(self) -> list[str]:
        """The secrets that sign webhooks, the current one first."""
        secrets = (self.away_webhook_secret, self.away_webhook_secret_previous)
        return [secret.get_secret_value() for secret in secrets if secret]

    @property
    def lease_seconds(self) -> float:
        """How long a process has to tell what it has claimed."""
        # The call takes a part of this. The rest is for the query of MongoDB before it, and the
        # write after it.
        return 5 + 2 * max(self.away_webhook_timeout_seconds, self.away_push_timeout_seconds)

    def ways_of(self, category: str) -> list[Way]:
        """Return the ways in which this category is told."""
        has_webhook = category in self.away_webhooks or OTHERS in self.away_webhooks
        ways = [Way.WEBHOOK] if has_webhook else []
        return [*ways, Way.PUSH] if self.away_vapid_private_key else ways
