"""An order's life, and how many of them the shop remembers."""

from deploy.demo_shop.orders import LIFE, Order, OrderBook


def test_each_state_of_its_life_is_a_valid_notification_of_its_own() -> None:
    order = Order("ana")
    told = []
    while (state := order.next_state) is not None:
        told.append(order.notification(state))
        order.step += 1
    assert [each.type for each in told] == [
        "order.received",
        "order.paid",
        "order.shipped",
        "order.in_transit",
        "order.delivered",
    ]
    assert told[2].title == "Pedido despachado"
    assert told[2].data == {"order_id": order.id}
    assert told[2].action_url == f"/orders/{order.id}"
    assert {each.collapse_key for each in told} == {f"order-{order.id}"}


def test_keys_differ_between_orders_and_states_and_not_between_tries() -> None:
    first, second = Order("ana"), Order("ana")
    keys = [order.idempotency_key(state) for order in (first, second) for state in LIFE]
    assert len(set(keys)) == 2 * len(LIFE)
    assert first.idempotency_key(LIFE[0]) == keys[0]


def test_the_oldest_order_is_forgotten_beyond_a_thousand() -> None:
    book = OrderBook()
    orders = [Order("ana", id=str(number)) for number in range(1001)]
    for order in orders:
        book.add(order)
    assert book.find("0") is None
    assert book.of("ana")[0] is orders[-1]
    assert len(book.of("ana")) == 1000
    assert book.of("luis") == []
