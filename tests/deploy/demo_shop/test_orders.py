"""The notifications of an order, and the number of orders that the shop keeps."""

from datetime import UTC, date, datetime

import pytest

from deploy.demo_shop.formats import Language, day, language_of, money
from deploy.demo_shop.kinds import (
    EVENTS,
    KINDS,
    LIFE,
    NOT_DELIVERED,
    NOTICES,
    OFFER,
    PAYMENT_FAILED,
    PICTURES,
)
from deploy.demo_shop.orders import Order, OrderBook
from deploy.local.paths import ROOT

_THURSDAY = datetime(2026, 12, 3, 9, tzinfo=UTC)


def test_each_state_has_its_own_notification() -> None:
    order = Order("ana")
    notifications = []
    while (state := order.next_state) is not None:
        notifications.append(order.notification(state, "es"))
        order.step += 1
    assert [notification.type for notification in notifications] == [
        "order.received",
        "order.paid",
        "order.shipped",
        "order.in_transit",
        "order.delivered",
    ]
    assert notifications[2].title == "Pedido despachado"
    assert notifications[2].data["order_id"] == order.id
    assert notifications[2].action_url == f"/orders/{order.id}"
    assert {notification.collapse_key for notification in notifications} == {f"order-{order.id}"}


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_kind_fits_in_a_notification_and_leaves_nothing_to_fill_in(
    language: Language,
) -> None:
    order = Order("ana")
    sent = [order.notification(kind, language) for kind in KINDS]
    assert all(text and "{" not in text for item in sent for text in (item.title, item.body))
    assert len({item.type for item in sent}) == len(KINDS)
    assert {item.severity for item in sent} == {"info", "success", "warning", "critical"}
    assert {item.type.split(".")[0] for item in sent} == {
        "order",
        "payment",
        "review",
        "offer",
        "security",
    }


@pytest.mark.parametrize(("language", "jug"), [("es", "Jarra Alba"), ("en", "Alba jug")])
def test_every_picture_says_what_it_shows_and_is_among_the_files_of_the_page(
    language: Language, jug: str
) -> None:
    pictures = ROOT / "frontend" / "public" / "pictures"
    order = Order("ana")
    for kind in KINDS:
        sent = order.notification(kind, language)
        if kind.picture is None:
            assert (sent.image_url, sent.image_alt) == (None, None)
        else:
            assert sent.image_url == f"{PICTURES}/{kind.picture.file}"
            assert (pictures / kind.picture.file).is_file()
    assert order.notification(LIFE[-1], language).image_alt == jug
    worker = (ROOT / "frontend" / "src" / "demo" / "service-worker.ts").read_text()
    assert f"'{PICTURES}'" in worker, "the service worker must answer for the pictures' host"


def test_every_kind_can_happen() -> None:
    happening = {kind.id for kinds in EVENTS.values() for kind in kinds}
    states = {kind.id for kind in LIFE}
    assert states | happening | set(NOTICES) == {kind.id for kind in KINDS}
    assert set(EVENTS) == states


def test_money_and_days_are_written_in_the_shoppers_language() -> None:
    order = Order("ana", id="1234", created_at=_THURSDAY)
    spanish, english = (order.notification(PAYMENT_FAILED, tag) for tag in ("es", "en"))
    assert "49,90\N{NO-BREAK SPACE}€" in spanish.body
    assert "hasta el sábado 5 de diciembre" in spanish.body
    assert "€49.90" in english.body
    assert "until Saturday 5 December" in english.body
    assert spanish.data == english.data
    assert english.data["amount"] == "49.90"
    assert english.action_url == "/orders/1234/payment"
    urls = [action.url for action in english.actions or ()]
    assert urls == ["/orders/1234/payment", "/orders/1234"]
    labels = [action.label for action in spanish.actions or ()]
    assert labels == ["Cambiar tarjeta", "Ver pedido"]
    assert order.notification(OFFER, "es").expires_at == datetime(2026, 12, 6, 9, tzinfo=UTC)


def test_small_amounts_are_padded_and_other_languages_become_spanish() -> None:
    assert [money(5, "es"), money(5, "en")] == ["0,05\N{NO-BREAK SPACE}€", "€0.05"]
    assert day(date(2026, 1, 1), "es") == "jueves 1 de enero"
    assert [language_of(tag) for tag in ("en-GB", "EN", "es-419", "fr", "eng", "")] == [
        "en",
        "en",
        "es",
        "es",
        "es",
        "es",
    ]


def test_only_a_delivered_order_can_be_corrected_to_not_delivered() -> None:
    order = Order("ana")
    can_be_corrected = []
    while order.next_state is not None:
        order.step += 1
        can_be_corrected.append(NOT_DELIVERED in order.event_ids)
    assert can_be_corrected == [False, False, False, False, True]


def test_keys_differ_by_order_and_state_but_not_by_attempt() -> None:
    first, second = Order("ana"), Order("ana")
    keys = [order.idempotency_key(state) for order in (first, second) for state in LIFE]
    assert len(set(keys)) == 2 * len(LIFE)
    assert first.idempotency_key(LIFE[0]) == keys[0]
    first.corrections += 1
    assert first.idempotency_key(LIFE[0]) not in keys, "a withdrawn notification must be sent again"


def test_the_shop_keeps_the_newest_thousand_orders() -> None:
    book = OrderBook()
    orders = [Order("ana", id=str(number)) for number in range(1001)]
    for order in orders:
        book.add(order)
    assert book.find("0") is None
    assert book.of("ana")[0] is orders[-1]
    assert len(book.of("ana")) == 1000
    assert book.of("luis") == []
