"""The subscriptions of a link against a plain dict, and their digests."""

from hypothesis import given
from hypothesis import strategies as st

from delivery.core.subscription_set import SubscriptionSet, union_digest
from tests.delivery.core.effort import effort

#: A user id may contain a NUL, but a socket id may not.
_SOCKETS = st.sampled_from(["", "a", "b", "ab", "ñ"])
_USERS = st.sampled_from(["", "a", "b", "ab", "a\0b", "\0", "ñ"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), _SOCKETS, _USERS),
        st.tuples(st.just("discard"), _SOCKETS, st.just("")),
    ),
    max_size=25,
)


def _after(steps: list[tuple[str, str, str]]) -> tuple[SubscriptionSet, dict[str, str]]:
    both, plain = SubscriptionSet(), dict[str, str]()
    for step, socket, user in steps:
        match step:
            case "add":
                assert both.add(socket, user) == (socket not in plain)
                plain.setdefault(socket, user)
            case _:
                assert both.discard(socket) == (plain.pop(socket, None) is not None)
        assert both.users == plain
    return both, plain


@given(_STEPS, _STEPS)
@effort(200)
def test_digests_are_equal_if_and_only_if_the_sets_are(
    left: list[tuple[str, str, str]], right: list[tuple[str, str, str]]
) -> None:
    left_set, left_dict = _after(left)
    right_set, right_dict = _after(right)
    assert (left_set.digest == right_set.digest) == (left_dict == right_dict)
    assert left_set.digest.size == len(left_dict)


@given(st.permutations([("s1", "ana"), ("s2", "ana"), ("s3", "ben"), ("s4", "eva")]))
@effort(20)
def test_digest_does_not_depend_on_the_order(subscriptions: list[tuple[str, str]]) -> None:
    in_order, shuffled = SubscriptionSet(), SubscriptionSet()
    for subscription in sorted(subscriptions):
        in_order.add(*subscription)
    for subscription in subscriptions:
        shuffled.add(*subscription)
    assert in_order.digest == shuffled.digest


@given(st.dictionaries(st.sampled_from("abcdef"), _USERS), st.integers(1, 3))
@effort(50)
def test_digest_of_a_union_does_not_depend_on_its_parts(users: dict[str, str], count: int) -> None:
    parts, whole = [SubscriptionSet() for _ in range(count)], SubscriptionSet()
    for number, (socket, user) in enumerate(users.items()):
        parts[number % count].add(socket, user)
        whole.add(socket, user)
    assert union_digest(parts) == whole.digest


def test_digest_separates_the_socket_from_the_user() -> None:
    first, second = SubscriptionSet(), SubscriptionSet()
    first.add("s1", "ana")
    second.add("s1a", "na")
    assert first.digest != second.digest


def test_socket_keeps_its_first_user() -> None:
    subscriptions = SubscriptionSet()
    subscriptions.add("s1", "ana")
    digest = subscriptions.digest
    subscriptions.add("s1", "ben")
    assert subscriptions.users == {"s1": "ana"}
    assert subscriptions.digest == digest
    subscriptions.discard("s1")
    assert subscriptions.digest == SubscriptionSet().digest
