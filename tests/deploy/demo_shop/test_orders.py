"""The states of an order, and the number of orders that the shop keeps."""

from deploy.demo_shop.orders import LIFE, Order, OrderBook


def test_each_state_has_its_own_notification() -> None:
    order = Order("ana")
    notifications = []
    while (state := order.next_state) is not None:
        notifications.append(order.notification(state))
        order.step += 1
    assert [notification.type for notification in notifications] == [
        "order.received",
        "order.paid",
        "order.shipped",
        "order.in_transit",
        "order.delivered",
    ]
    assert notifications[2].title == "Pedido despachado"
    assert notifications[2].data == {"order_id": order.id}
    assert notifications[2].action_url == f"/orders/{order.id}"
    assert {notification.collapse_key for notification in notifications} == {f"order-{order.id}"}


def test_keys_differ_by_order_and_state_but_not_by_attempt() -> None:
    first, second = Order("ana"), Order("ana")
    keys = [order.idempotency_key(state) for order in (first, second) for state in LIFE]
    assert len(set(keys)) == 2 * len(LIFE)
    assert first.idempotency_key(LIFE[0]) == keys[0]


def test_the_shop_keeps_the_newest_thousand_orders() -> None:
    book = OrderBook()
    orders = [Order("ana", id=str(number)) for number in range(1001)]
    for order in orders:
        book.add(order)
    assert book.find("0") is None
    assert book.of("ana")[0] is orders[-1]
    assert len(book.of("ana")) == 1000
    assert book.of("luis") == []
