"""Orders in memory, and their states from received to delivered."""

import secrets
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from producer_api.client import NewNotification

_KEPT_ORDERS = 1000


@dataclass(frozen=True, slots=True)
class State:
    """One state of an order, and the notification that its shopper gets."""

    id: str
    title: str
    body: str


LIFE = (
    State("received", "Pedido recibido", "Hemos recibido tu pedido {order}."),
    State("paid", "Pedido pagado", "El pago de tu pedido {order} está confirmado."),
    State("shipped", "Pedido despachado", "Tu pedido {order} ha salido de nuestro almacén."),
    State("in_transit", "Pedido en camino", "Tu pedido {order} llega hoy."),
    State("delivered", "Pedido entregado", "Tu pedido {order} está entregado. ¡Que lo disfrutes!"),
)


@dataclass(slots=True)
class Order:
    """One order. Its state changes only after the API has accepted the notification."""

    user_id: str
    id: str = field(default_factory=lambda: str(secrets.randbelow(90_000_000) + 10_000_000))
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    step: int = -1
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def next_state(self) -> State | None:
        """The next state; None once the order is delivered."""
        return LIFE[self.step + 1] if self.step + 1 < len(LIFE) else None

    def notification(self, state: State) -> NewNotification:
        """Return the notification of this state."""
        return NewNotification(
            user_id=self.user_id,
            type=f"order.{state.id}",
            title=state.title,
            body=state.body.format(order=self.id),
            data={"order_id": self.id},
            action_url=f"/orders/{self.id}",
            # The inbox shows only the newest notification of an order.
            collapse_key=f"order-{self.id}",
        )

    def idempotency_key(self, state: State) -> str:
        """Return the key of this state's notification, the same for every attempt to send it."""
        return f"{self.key}:{state.id}"

    def public(self) -> dict[str, Any]:
        """Return the order as JSON for the shop's clients."""
        return {
            "id": self.id,
            "user_id": self.user_id,
            "state": LIFE[self.step].id,
            "states": [{"id": state.id, "title": state.title} for state in LIFE],
            "created_at": self.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
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
