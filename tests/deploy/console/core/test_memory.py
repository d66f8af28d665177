"""The memory, compared with a naive model: a dictionary of what is known, the oldest first."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from deploy.console.core.event import Event
from deploy.console.core.facts import dead_letter_of, fact_of
from deploy.console.core.memory import Memory
from tests.delivery.core.effort import effort
from tests.deploy.console.core.events import (
    changed,
    created,
    erased,
    event,
    id_at,
    mark,
    receipt,
    time_at,
)

_MOST = 5
_users, _orders = st.sampled_from(["ana", "eva"]), st.sampled_from(["1", "2"])


def _noted(memory: Memory, *events: Event) -> None:
    for each in events:
        fact = fact_of(each)
        assert fact is not None
        memory.note(each, fact)


class MemoryMachine(RuleBasedStateMachine):
    """Creates, delivers and erases, in an order that the topics allow."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory(_MOST, 10**9)
        self.model: dict[str, dict[str, Any]] = {}
        """What is known of each notification, by its id. The oldest entry is the first."""
        self.clock = 1
        self.gone: dict[str, int] = {}

    @rule(user=_users, order=_orders | st.none(), key=_orders | st.none())
    def create(self, user: str, order: str | None, key: str | None) -> None:
        self.clock += 1
        data = {} if order is None else {"order_id": order}
        place = (0, self.clock)
        _noted(self.memory, created(self.clock, user, data=data, collapse_key=key, place=place))
        self.model[id_at(self.clock)] = {"user": user, "order": order, "key": key, "events": 1}
        self._forget()

    @rule(back=st.integers(0, 9), user=_users)
    def deliver(self, back: int, user: str) -> None:
        number = max(1, self.clock - back)
        known = self.model.get(id_at(number))
        if known is None:
            if number <= self.gone.get(user, 0):
                _noted(self.memory, receipt("delivered", number, at=self.clock, user=user))
                return  # the user is erased, so nothing may be kept
            known = {"user": user, "order": None, "key": None, "events": 0, "receipt": False}
            self.model[id_at(number)] = known
        if not known.get("receipt"):  # otherwise, the record repeats one that was read before
            known["receipt"] = True
            known["events"] += 1
        _noted(self.memory, receipt("delivered", number, at=self.clock, user=known["user"]))
        self._forget()

    @rule(user=_users)
    def erase(self, user: str) -> None:
        self.clock += 1
        _noted(self.memory, erased(user, at=self.clock))
        self.model = {id_: each for id_, each in self.model.items() if each["user"] != user}
        self.gone[user] = self.clock

    def _forget(self) -> None:
        while len(self.model) > _MOST:
            del self.model[next(iter(self.model))]

    @invariant()
    def knows_the_same(self) -> None:
        found = {id_: self.memory.find(id_) for id_ in map(id_at, range(self.clock + 1))}
        known = {id_: len(each.events) for id_, each in found.items() if each is not None}
        assert known == {id_: each["events"] for id_, each in self.model.items()}
        assert len(self.memory) == len(self.model)
        assert self.memory.bytes == sum(each.size for each in found.values() if each)

    @invariant()
    def finds_the_same(self) -> None:
        for name, find, keys in (
            ("user", self.memory.of_user, ("ana", "eva")),
            ("order", self.memory.of_order, ("1", "2")),
            ("key", self.memory.of_collapse_key, ("1", "2")),
        ):
            for key in keys:
                expected = [id_ for id_, each in self.model.items() if each[name] == key]
                assert sorted(each.id for each in find(key, 99)) == sorted(expected)


TestMemory = MemoryMachine.TestCase
TestMemory.settings = effort(30, steps=20)


def test_notifications_that_came_last_are_found_first() -> None:
    memory = Memory(9, 10**9)
    _noted(memory, *(created(number, place=(0, number)) for number in range(5)))
    assert [each.id for each in memory.of_user("ana", 2)] == [id_at(4), id_at(3)]


def test_the_memory_is_bounded_in_bytes_too() -> None:
    memory = Memory(10**6, 100_000)
    for number in range(200):
        _noted(memory, created(number, body="x" * 9_000, place=(0, number)))
    assert memory.bytes <= 100_000
    assert memory.has_forgotten
    assert memory.find(id_at(199)) is not None


def test_only_the_beginning_of_a_large_value_is_kept() -> None:
    memory = Memory(9, 10**9)
    _noted(memory, created(1, body="x" * 300_000))
    known = memory.find(id_at(1))
    assert known is not None
    assert len(known.events[0].value or b"") < 70_000


def test_headers_count_too() -> None:
    memory = Memory(10**6, 100_000)
    for number in range(50):
        small = created(number, place=(0, number))
        headers = [("other", b"y" * 5_000), ("z" * 4_000, None), *small.headers]
        _noted(memory, small._replace(headers=headers))
    assert memory.bytes <= 100_000
    assert len(memory) <= 11


def test_the_headers_that_facts_are_read_from_are_kept_before_others() -> None:
    memory = Memory(9, 10**9)
    letter = event("created", b"{", at=7, dlq_reason=b"no title")
    others = [(f"other-{number}", b"y" * 500) for number in range(100)]
    letter = letter._replace(headers=[*others, ("huge", b"z" * 10**6), *letter.headers])
    memory.note(letter, dead_letter_of(letter, "ana", id_at(1)))
    known = memory.find(id_at(1))
    assert known is not None
    (kept,) = known.events
    assert kept.header("dlq_reason") == b"no title"
    assert (len(kept.headers), kept.header("other-0"), kept.value) == (40, b"y" * 500, b"{")
    assert kept.size < 70_000


@pytest.mark.parametrize("field", ["user_id", "data", "collapse_key"])
def test_long_texts_that_are_found_by_a_search_count(field: str) -> None:
    memory = Memory(10**6, 1_000_000)
    for number in range(20):
        text = f"{number}".zfill(400_000)
        more: dict[str, Any] = {field: {"order_id": text} if field == "data" else text}
        _noted(memory, created(number, place=(0, number), **more))
    assert len(memory) == 2


def test_the_notifications_of_a_large_change_share_what_is_kept_of_it() -> None:
    memory = Memory(10_000, 10**9)
    marks = [mark(number, read_at=time_at(9)) for number in range(1_000)]
    _noted(memory, changed("read", *marks, at=9))
    known = [memory.find(id_at(number)) for number in range(1_000)]
    values = {id(each.events[0].value) for each in known if each is not None}
    assert len(values) == 1


def test_the_events_of_one_notification_are_bounded() -> None:
    memory = Memory(9, 10**9)
    for at in range(500):
        _noted(memory, changed("read", mark(1, read_at=time_at(at)), at=at))
    known = memory.find(id_at(1))
    assert known is not None
    assert len(known.events) == 50


def test_events_are_in_order_of_time_whichever_topic_is_read_first() -> None:
    memory = Memory(9, 10**9)
    _noted(memory, changed("read", mark(1, read_at=time_at(9)), at=9), created(1))
    known = memory.find(id_at(1))
    assert known is not None
    assert [each.header("ce_type") for each in known.events] == [
        b"notification.created",
        b"notification.read",
    ]


def test_an_erasure_leaves_only_ids_and_times() -> None:
    memory = Memory(9, 10**9)
    _noted(memory, created(1, "ana", data={"order_id": "7"}), erased("ana", at=50))
    assert memory.find(id_at(1)) is None
    assert memory.of_user("ana", 9) == memory.of_order("7", 9) == []
    assert memory.erased_at(id_at(1)) is not None
    assert memory.bytes == 0
    held = [memory._known, memory._users._ids, memory._orders._ids, memory._erased_users]
    assert "ana" not in str(held)


def test_what_a_user_gets_after_an_erasure_is_kept() -> None:
    memory = Memory(9, 10**9)
    # The notification was created during the erasure. Its id is in the erased range, but its
    # record comes after the erasure's.
    _noted(memory, erased("ana", at=50), created(49, place=(0, 60)))
    assert memory.find(id_at(49)) is not None


def test_a_creation_that_is_repeated_after_the_erasure_is_not_kept() -> None:
    memory = Memory(9, 10**9)
    _noted(memory, created(1), erased("ana", at=50), created(1, place=(0, 60)))
    assert memory.find(id_at(1)) is None
    assert memory.of_user("ana", 9) == []
    assert memory.bytes == 0
    assert memory.erased_at(id_at(1)) is not None
