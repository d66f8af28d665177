"""An order and its life, from received to delivered; kept in memory, for this is a demo."""

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
    """One state of an order, and what its shopper is told when it is reached."""

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
    """One order. Its state moves only after the shopper's notification was accepted."""

    user_id: str
    id: str = field(default_factory=lambda: str(secrets.randbelow(90_000_000) + 10_000_000))
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    step: int = -1
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def next_state(self) -> State | None:
        """What comes next; None once it is delivered."""
        return LIFE[self.step + 1] if self.step + 1 < len(LIFE) else None

    def notification(self, state: State) -> NewNotification:
        """What the API is asked to create when this state is reached."""
        return NewNotification(
            user_id=self.user_id,
            type=f"order.{state.id}",
            title=state.title,
            body=state.body.format(order=self.id),
            data={"order_id": self.id},
            action_url=f"/orders/{self.id}",
            # An order has one place in the inbox: what it is now. Its card shows the way there.
            collapse_key=f"order-{self.id}",
        )

    def idempotency_key(self, state: State) -> str:
        """The same for each try to tell of this state, so that none tells of it twice."""
        return f"{self.key}:{state.id}"

    def public(self) -> dict[str, Any]:
        """The order as the shop's clients see it."""
        return {
            "id": self.id,
            "user_id": self.user_id,
            "state": LIFE[self.step].id,
            "states": [{"id": state.id, "title": state.title} for state in LIFE],
            "created_at": self.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }


class OrderBook:
    """Owns the orders; the oldest is forgotten when a thousand are kept."""

    def __init__(self) -> None:
        self._orders: OrderedDict[str, Order] = OrderedDict()

    def add(self, order: Order) -> None:
        """Keep an order."""
        self._orders[order.id] = order
        if len(self._orders) > _KEPT_ORDERS:
            self._orders.popitem(last=False)

    def find(self, order_id: str) -> Order | None:
        """The order, unless it is unknown or forgotten."""
        return self._orders.get(order_id)

    def of(self, user_id: str) -> list[Order]:
        """This shopper's orders, newest first."""
        return [order for order in reversed(self._orders.values()) if order.user_id == user_id]
