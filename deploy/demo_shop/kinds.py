"""The kinds of notifications that the shop sends, with their texts in each language."""

from dataclasses import dataclass
from typing import NamedTuple

from deploy.demo_shop.formats import Language
from producer_api.contract.notification import Severity


class Text(NamedTuple):
    """A title and a body. `Order.notification` replaces the names in braces."""

    title: str
    body: str


class Button(NamedTuple):
    """A button of a notification: its label in each language, and the page that it leads to."""

    es: str
    en: str
    path: str


class Picture(NamedTuple):
    """A picture of a product: its file in `frontend/public/pictures`, and what it shows."""

    file: str
    es: str
    en: str


#: The origin of the pictures. Its host does not exist, so the UI's service worker answers the
#: requests: pictures must come by https, and a stack on one machine has no certificate.
PICTURES = "https://img.alma-y-barro.example"

SEE_ORDER = Button("Ver pedido", "View order", "/orders/{order}")
JUG = Picture("jug.svg", "Jarra Alba", "Alba jug")
MUG = Picture("mug.svg", "Taza Alba", "Alba mug")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notification."""

    id: str
    type: str
    es: Text
    en: Text
    severity: Severity = "info"
    path: str = "/orders/{order}"
    data: tuple[str, ...] = ("order_id",)
    """The facts of the order that go into the notification's `data`."""
    collapse_key: str | None = "order-{order}"
    """Of the notifications with the same key, the inbox shows only the newest."""
    buttons: tuple[Button, ...] = ()
    picture: Picture | None = None
    days_valid: int | None = None
    """How many days the notification is listed; None if it does not expire."""

    def text(self, language: Language) -> Text:
        """Return the texts in this language."""
        return self.en if language == "en" else self.es


#: The states of an order, from the first to the last.
LIFE = (
    Kind(
        "received",
        "order.received",
        Text(
            "Pedido recibido",
            "Gracias por tu compra. Ya estamos preparando tu pedido {order}, de {amount}.",
        ),
        Text("Order received", "Thank you! We're getting your order {order} ready ({amount})."),
        picture=JUG,
    ),
    Kind(
        "paid",
        "order.paid",
        Text(
            "Pedido pagado",
            "Hemos recibido tu pago de {amount} con la tarjeta terminada en {card}.",
        ),
        Text("Payment received", "We charged {amount} to your card ending in {card}."),
        "success",
        data=("order_id", "amount", "currency", "card_last4"),
    ),
    Kind(
        "shipped",
        "order.shipped",
        Text(
            "Pedido despachado",
            "Tu pedido {order} ha salido de nuestro taller. Te llegará el {arrival}.",
        ),
        Text(
            "Order shipped",
            "Your order {order} has left our workshop. It will reach you on {arrival}.",
        ),
        data=("order_id", "tracking_code"),
        buttons=(SEE_ORDER,),
        picture=JUG,
    ),
    Kind(
        "in_transit",
        "order.in_transit",
        Text(
            "Pedido en camino",
            "Hoy recibirás tu pedido {order}, entre las 10:00 y las 14:00.",
        ),
        Text("Out for delivery", "Your order {order} arrives today, between 10:00 and 14:00."),
        data=("order_id", "tracking_code"),
        buttons=(SEE_ORDER,),
        picture=JUG,
    ),
    Kind(
        "delivered",
        "order.delivered",
        Text("Pedido entregado", "Tu pedido {order} ya está en tu casa. ¡Que lo disfrutes!"),
        Text("Order delivered", "Your order {order} has arrived. Enjoy!"),
        "success",
        picture=JUG,
    ),
)

PAYMENT_FAILED = Kind(
    "payment_failed",
    "payment.failed",
    Text(
        "No hemos podido cobrar tu pedido",
        "Tu banco ha rechazado el pago de {amount} con la tarjeta terminada en {card}. Te "
        "guardamos el pedido {order} hasta el {deadline}: prueba con otra tarjeta.",
    ),
    Text(
        "Your payment did not go through",
        "Your bank declined {amount} on the card ending in {card}. We'll hold order {order} "
        "until {deadline}. Please try another card.",
    ),
    "critical",
    "/orders/{order}/payment",
    ("order_id", "amount", "currency", "card_last4"),
    buttons=(
        Button("Cambiar tarjeta", "Use another card", "/orders/{order}/payment"),
        SEE_ORDER,
    ),
)
DELAYED = Kind(
    "delayed",
    "order.delayed",
    Text(
        "Tu pedido se retrasa",
        "El transportista nos avisa de un retraso con tu pedido {order}. La nueva fecha de "
        "entrega es el {late}. Sentimos la espera.",
    ),
    Text(
        "Your order is delayed",
        "The courier told us that your order {order} is running late. It will now reach you on "
        "{late}. We're sorry for the wait.",
    ),
    "warning",
    data=("order_id", "tracking_code"),
    buttons=(SEE_ORDER,),
)
REFUNDED = Kind(
    "refunded",
    "payment.refunded",
    Text(
        "Te hemos devuelto {amount}",
        "Ya hemos tramitado el reembolso de tu pedido {order}. Lo verás en la tarjeta terminada "
        "en {card} en un plazo de 3 a 5 días.",
    ),
    Text(
        "We've refunded {amount}",
        "The refund for your order {order} is on its way to the card ending in {card}. It takes "
        "3 to 5 days.",
    ),
    "success",
    data=("order_id", "amount", "currency", "card_last4"),
    collapse_key="refund-{order}",
)
REVIEW = Kind(
    "review",
    "review.requested",
    Text(
        "¿Qué te parece tu jarra Alba?",
        "Cuéntanoslo en un minuto. Tu opinión ayuda a quien aún no se decide.",
    ),
    Text(
        "How do you like your Alba jug?",
        "Tell us in a minute. Your review helps those who are still choosing.",
    ),
    path="/orders/{order}/review",
    collapse_key="review-{order}",
    buttons=(Button("Escribir una opinión", "Write a review", "/orders/{order}/review"),),
    picture=JUG,
)
OFFER = Kind(
    "offer",
    "offer.weekend",
    Text(
        "20 % de descuento en tazas hasta el {deadline}",
        "Las tazas Alba se quedan en {offer} con el código BARRO20.",
    ),
    Text(
        "20% off mugs until {deadline}",
        "Alba mugs are down to {offer} with the code BARRO20.",
    ),
    path="/offers",
    data=("offer_code",),
    buttons=(Button("Ver las tazas", "See the mugs", "/offers"),),
    picture=MUG,
    collapse_key="offer-weekend",
    days_valid=3,
)
SIGN_IN = Kind(
    "sign_in",
    "security.sign_in",
    Text(
        "Nuevo inicio de sesión en tu cuenta",
        "Han iniciado sesión con tu contraseña desde Chrome en Windows, cerca de Sevilla. Si no "
        "has sido tú, cierra la sesión en todos tus dispositivos.",
    ),
    Text(
        "New sign-in to your account",
        "Someone signed in with your password from Chrome on Windows, near Seville. If it "
        "wasn't you, sign out on all your devices.",
    ),
    "warning",
    "/account/security",
    ("device", "place"),
    buttons=(Button("Revisar mi cuenta", "Check my account", "/account/security"),),
    collapse_key=None,
)

#: What else can happen to an order in each state. It does not change the state.
EVENTS = {
    "received": (PAYMENT_FAILED,),
    "paid": (DELAYED, REFUNDED),
    "shipped": (DELAYED, REFUNDED),
    "in_transit": (DELAYED, REFUNDED),
    "delivered": (REVIEW, REFUNDED),
}
#: Happens to an order that was not delivered after all. The shop withdraws its notifications about
#: the delivery.
NOT_DELIVERED = "not_delivered"
#: Notifications that concern no order.
NOTICES = {kind.id: kind for kind in (OFFER, SIGN_IN)}
#: One of each kind, to fill an inbox, in the order in which `--kinds` sends them.
KINDS = (*LIFE, DELAYED, REFUNDED, REVIEW, OFFER, SIGN_IN, PAYMENT_FAILED)
