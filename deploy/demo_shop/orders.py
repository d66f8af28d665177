"""Orders in memory, and their notifications."""

import secrets
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.demo_shop.formats import Language, day, money
from deploy.demo_shop.kinds import EVENTS, LIFE, NOT_DELIVERED, PICTURES, Kind
from producer_api.client import NewAction, NewNotification

_KEPT_ORDERS = 1000
_OFFER_CENTS = 15_90


@dataclass(slots=True)
class Order:
    """One order. Its state changes only after the API has accepted the notification."""

    user_id: str
    id: str = field(default_factory=lambda: str(secrets.randbelow(90_000_000) + 10_000_000))
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    step: int = -1
    corrections: int = 0
    """How many times the order turned out not to be delivered after all."""
    cents: int = 49_90
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def next_state(self) -> Kind | None:
        """The next state; None once the order is delivered."""
        return LIFE[self.step + 1] if self.step + 1 < len(LIFE) else None

    @property
    def events(self) -> tuple[Kind, ...]:
        """What else may happen to the order now. It does not change the state."""
        return EVENTS[LIFE[self.step].id]

    @property
    def event_ids(self) -> list[str]:
        """The ids of what else may happen to the order now, with the correction of a delivery."""
        corrections = [] if self.next_state else [NOT_DELIVERED]
        return [kind.id for kind in self.events] + corrections

    def notification(self, kind: Kind, language: Language) -> NewNotification:
        """Return the order's notification of this kind."""
        title, body = kind.text(language)
        words = self._words(language)
        data = self._data()
        return NewNotification(
            user_id=self.user_id,
            type=kind.type,
            severity=kind.severity,
            title=title.format(**words),
            body=body.format(**words),
            data={name: data[name] for name in kind.data},
            action_url=kind.path.format(order=self.id),
            actions=[
                NewAction(
                    label=button.en if language == "en" else button.es,
                    url=button.path.format(order=self.id),
                )
                for button in kind.buttons
            ],
            image_url=kind.picture and f"{PICTURES}/{kind.picture.file}",
            image_alt=kind.picture and (kind.picture.en if language == "en" else kind.picture.es),
            collapse_key=self.collapse_key(kind),
            expires_at=kind.days_valid and self.created_at + timedelta(days=kind.days_valid),
        )

    def idempotency_key(self, kind: Kind) -> str:
        """Return the idempotency key of this state's notification: the same for every attempt.

        After a correction, the key differs, because the earlier notification was withdrawn.
        """
        return f"{self.key}:{kind.id}:{self.corrections}"

    def collapse_key(self, kind: Kind) -> str | None:
        """Return the key that this kind's notifications about the order share, if any."""
        return kind.collapse_key and kind.collapse_key.format(order=self.id)

    def public(self, language: Language) -> dict[str, Any]:
        """Return the order as JSON for the shop's clients."""
        return {
            "id": self.id,
            "user_id": self.user_id,
            "state": LIFE[self.step].id,
            "states": [{"id": kind.id, "title": kind.text(language).title} for kind in LIFE],
            "events": self.event_ids,
            "total": {"amount": f"{self.cents / 100:.2f}", "currency": "EUR"},
            "created_at": self.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }

    def _words(self, language: Language) -> dict[str, str]:
        days = {"deadline": 2, "arrival": 3, "late": 5}
        return {
            "order": self.id,
            "amount": money(self.cents, language),
            "offer": money(_OFFER_CENTS, language),
            "card": self._data()["card_last4"],
            **{
                name: day(self.created_at + timedelta(days=count), language)
                for name, count in days.items()
            },
        }

    def _data(self) -> dict[str, str]:
        return {
            "order_id": self.id,
            "amount": f"{self.cents / 100:.2f}",
            "currency": "EUR",
            "card_last4": "4242",
            "tracking_code": f"AB{self.id}ES",
            "offer_code": "BARRO20",
            "device": "Chrome, Windows",
            "place": "Sevilla",
        }


class OrderBook:
    """Owns the newest thousand orders."""

    def __init__(self) -> None:
        self._orders: OrderedDict[str, Order] = OrderedDict()

    def add(self, order: Order) -> None:
        """Add an order."""
        self._orders[order.id] = order
        if len(self._orders) > _KEPT_ORDERS:
            self._orders.popitem(last=False)

    def find(self, order_id: str) -> Order | None:
        """Return the order, or None if it is unknown or no longer kept."""
        return self._orders.get(order_id)

    def of(self, user_id: str) -> list[Order]:
        """Return this shopper's orders, newest first."""
        return [order for order in reversed(self._orders.values()) if order.user_id == user_id]
