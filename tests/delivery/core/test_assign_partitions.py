"""Shares are even and no partition moves needlessly, checked by brute force."""

from collections import Counter
from collections.abc import Mapping
from itertools import combinations, product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from delivery.core.assign_partitions import AssignmentPlan, assign_partitions
from delivery.core.assignor_messages import Claim
from tests.delivery.core.effort import effort

_HUGE = 2**63
#: The largest number of members of a group. Brute force tries all choices of members.
_MOST = 7


def _claim(name: str, generation: int = -1, owned: str = "", address: str | None = None) -> Claim:
    address = f"http://{name}" if address is None else address
    return Claim(address, generation, frozenset(map(int, owned)))


def _claims(*claims: tuple[str, int, str]) -> dict[str, Claim]:
    return {name: _claim(name, generation, owned) for name, generation, owned in claims}


def _shares(plan: AssignmentPlan) -> dict[str, str]:
    return {member: "".join(map(str, share)) for member, share in plan.shares.items()}


# ── examples ───────────────────────────────────────────────────────────────────────────────────


def test_first_member_gets_all_partitions() -> None:
    plan = assign_partitions(3, _claims(("a", -1, "")))
    assert plan == AssignmentPlan({"a": [0, 1, 2]}, ("http://a",) * 3, (), ())


def test_new_member_gets_only_partitions_above_the_fair_share() -> None:
    plan = assign_partitions(6, _claims(("a", 4, "024"), ("b", 4, "135"), ("c", -1, "")))
    assert _shares(plan) == {"a": "02", "b": "13", "c": "45"}
    assert plan.owners == tuple(f"http://{name}" for name in "ababcc")


def test_partitions_of_a_member_that_left_are_shared_and_nothing_else_moves() -> None:
    plan = assign_partitions(6, _claims(("a", 5, "02"), ("c", 5, "45")))
    assert _shares(plan) == {"a": "012", "c": "345"}


def test_some_members_get_nothing_if_there_are_more_members_than_partitions() -> None:
    plan = assign_partitions(2, _claims(("a", -1, ""), ("b", 3, "1"), ("c", 3, "0")))
    assert _shares(plan) == {"a": "", "b": "1", "c": "0"}


def test_claim_of_the_latest_generation_counts() -> None:
    # b was not in the group when 2 and 3 moved to another member.
    plan = assign_partitions(4, _claims(("a", 9, "23"), ("b", 4, "0123")))
    assert _shares(plan) == {"a": "23", "b": "01"}


def test_equal_claims_are_won_by_the_member_with_the_lowest_id() -> None:
    claims = _claims(("b", 4, "01"), ("a", 4, "01"))
    assert _shares(assign_partitions(4, claims)) == {"a": "01", "b": "23"}


def test_later_claim_wins_the_larger_share() -> None:
    # One of 3 members gets two of the 4 partitions. z has two now; a had two before it left the
    # group.
    plan = assign_partitions(4, _claims(("a", 3, "23"), ("m", -1, ""), ("z", 8, "01")))
    assert _shares(plan) == {"a": "2", "m": "3", "z": "01"}


def test_claims_to_unknown_partitions_are_ignored() -> None:
    mad = Claim("http://a", 9, frozenset((-1, 2, 1, _HUGE)))
    plan = assign_partitions(2, {"a": mad, "b": _claim("b", 2, "0")})
    assert _shares(plan) == {"a": "1", "b": "0"}


def test_member_without_an_address_gets_nothing_even_if_it_owned_partitions() -> None:
    plan = assign_partitions(3, {"a": _claim("a", 5, "012", address=""), "b": _claim("b")})
    assert _shares(plan) == {"a": "", "b": "012"}
    assert (plan.unreachable, plan.duplicates) == (("a",), ())


def test_all_members_share_if_none_has_an_address() -> None:
    plan = assign_partitions(
        3, {"a": _claim("a", address=""), "b": _claim("b", 2, "12", address="")}
    )
    assert _shares(plan) == {"a": "0", "b": "12"}
    assert plan.owners == ("", "", "")
    assert plan.unreachable == ("a", "b")


@pytest.mark.parametrize("owner", ["a", "b"])
def test_member_that_owns_keeps_its_share_although_others_advertise_its_address(owner: str) -> None:
    claims = {name: _claim(name, 3, "01" * (name == owner), "http://x") for name in "ab"}
    plan = assign_partitions(3, claims | {"c": _claim("c", 3, "2")})
    assert _shares(plan)[owner] == "01"
    assert (plan.unreachable, plan.duplicates) == ((), tuple({"a", "b"} - {owner}))


def test_latest_generation_or_lowest_id_gets_the_share_of_a_shared_address() -> None:
    both = {"a": _claim("a", 3, "0", "http://x"), "b": _claim("b", 5, "0", "http://x")}
    assert assign_partitions(1, both).duplicates == ("a",)
    neither = {"b": _claim("b", -1, "", "http://x"), "a": _claim("a", -1, "", "http://x")}
    assert assign_partitions(1, neither).duplicates == ("b",)


@pytest.mark.parametrize("number", [-1, 1, _HUGE])
def test_owning_unknown_partitions_does_not_count_as_owning(number: int) -> None:
    claims = {"a": Claim("http://x", 9, frozenset((number,))), "b": _claim("b", 5, "0", "http://x")}
    assert assign_partitions(1, claims).duplicates == ("a",)


def test_members_without_a_partition_are_listed_up_to_the_number_of_partitions() -> None:
    claims = {name: _claim(name, -1, "", f"http://{name}") for name in "abcde"}
    assert assign_partitions(5, claims).idle == ()
    assert assign_partitions(3, claims).idle == ("http://d", "http://e")
    assert assign_partitions(2, claims).idle == ("http://c", "http://d"), "the map stays small"


@pytest.mark.parametrize("count", [0, 3])
def test_no_members_get_no_shares(count: int) -> None:
    assert assign_partitions(count, {}) == AssignmentPlan({}, ("",) * count, (), ())


def test_no_partitions_give_empty_shares() -> None:
    assert assign_partitions(0, _claims(("a", 1, "0"), ("b", -1, ""))) == AssignmentPlan(
        {"a": [], "b": []}, (), (), ()
    )


# ── any claims ─────────────────────────────────────────────────────────────────────────────────


def _any_claims(addresses: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Claim]]:
    owned = st.frozensets(st.integers(-1, 7) | st.just(_HUGE), max_size=6)
    claims = st.builds(Claim, addresses, st.integers(-1, 3), owned)
    return st.dictionaries(st.sampled_from("abcd"), claims, min_size=1, max_size=4)


def _own_addresses(claims: dict[str, Claim]) -> dict[str, Claim]:
    return {
        name: Claim(f"http://{name}", claim.generation, claim.owned)
        for name, claim in claims.items()
    }


def _check(count: int, claims: Mapping[str, Claim], plan: AssignmentPlan) -> None:
    """Check what must hold for every plan, whatever the claims."""
    assert plan.shares.keys() == claims.keys()
    assigned = [number for share in plan.shares.values() for number in share]
    assert sorted(assigned) == list(range(count)), "each partition is assigned exactly once"
    assert all(share == sorted(share) for share in plan.shares.values())
    addresses = {claim.address for claim in claims.values()} - {""}
    without = set(plan.duplicates) | (set(plan.unreachable) if addresses else set())
    assert all(not plan.shares[member] for member in without)
    assert len(claims) - len(without) == (len(addresses) or len(claims)), (
        "one member per address gets a share"
    )
    sizes = [len(share) for member, share in plan.shares.items() if member not in without]
    assert max(sizes) - min(sizes) <= 1
    for member, share in plan.shares.items():
        assert {plan.owners[number] for number in share} <= {claims[member].address}


@given(st.integers(0, 8), _any_claims(st.sampled_from(["", "http://a", "http://b"])), st.randoms())
@effort(300)
def test_any_claims_give_even_shares_in_any_order(
    count: int, claims: dict[str, Claim], chance: Random
) -> None:
    plan = assign_partitions(count, claims)
    _check(count, claims, plan)
    order = list(claims)
    chance.shuffle(order)
    assert assign_partitions(count, {member: claims[member] for member in order}) == plan


def _holder(number: int, claims: Mapping[str, Claim]) -> str | None:
    claiming = [
        (-claim.generation, member) for member, claim in claims.items() if number in claim.owned
    ]
    return min(claiming)[1] if claiming else None


@given(st.integers(0, 5), _any_claims(st.just("")).map(_own_addresses))
@effort(100)
def test_no_even_assignment_moves_fewer_partitions(count: int, claims: dict[str, Claim]) -> None:
    holders = [_holder(number, claims) for number in range(count)]

    def moves(owners: tuple[str, ...]) -> int:
        return sum(
            holder not in (None, owner) for holder, owner in zip(holders, owners, strict=True)
        )

    def is_even(owners: tuple[str, ...]) -> bool:
        sizes = [Counter(owners)[member] for member in claims]
        return max(sizes) - min(sizes) <= 1

    every = filter(is_even, product(claims, repeat=count))
    owners_in_plan = tuple(
        address.removeprefix("http://") for address in assign_partitions(count, claims).owners
    )
    assert moves(owners_in_plan) == min(map(moves, every))


# ── a group over many rounds ───────────────────────────────────────────────────────────────────


def _fewest_moves(count: int, held: Counter[str], members: list[str]) -> int:
    """Return the fewest moves over all choices of who gets the larger shares."""
    least, larger = divmod(count, len(members))
    return min(
        sum(max(0, held[member] - least - (member in chosen)) for member in members)
        for chosen in combinations(members, larger)
    )


class Group(RuleBasedStateMachine):
    """Members join, leave, are suspended and come back. Some rounds reach only some members."""

    @initialize(count=st.integers(1, 12))
    def begin(self, count: int) -> None:
        self.count = count
        self.generation = 0
        self.joined = 0
        self.present: dict[str, Claim] = {}
        self.away: dict[str, Claim] = {}
        self.join()

    @rule()
    @precondition(lambda self: len(self.present) < _MOST)
    def join(self) -> None:
        # As with Kafka's ids, the order of the ids does not tell which member came first.
        member = f"{self.joined * 7 % 10}-{self.joined}"
        self.joined += 1
        self.present[member] = _claim(member)
        self.rebalance(frozenset())

    @rule(data=st.data())
    @precondition(lambda self: len(self.present) > 1)
    def leave(self, data: st.DataObject) -> None:
        del self.present[data.draw(st.sampled_from(sorted(self.present)))]
        self.rebalance(frozenset())

    @rule(data=st.data())
    @precondition(lambda self: len(self.present) > 1)
    def suspend(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(self.present)))
        self.away[member] = self.present.pop(member)
        self.rebalance(frozenset())

    @rule(data=st.data())
    @precondition(lambda self: self.away and len(self.present) < _MOST)
    def come_back(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(sorted(self.away)))
        self.present[member] = self.away.pop(member)
        self.rebalance(frozenset())

    @rule(data=st.data())
    def again(self, data: st.DataObject) -> None:
        missing = data.draw(st.frozensets(st.sampled_from(sorted(self.present))))
        self.rebalance(missing)

    def rebalance(self, missing: frozenset[str]) -> None:
        members = sorted(self.present)
        plan = assign_partitions(self.count, self.present)
        _check(self.count, self.present, plan)
        holders = {
            number: holder
            for number in range(self.count)
            if (holder := _holder(number, self.present)) is not None
        }
        latest = {number: holder for number, holder in holders.items() if self._is_latest(holder)}
        for held in (holders, latest):
            moved = sum(number not in plan.shares[member] for number, member in held.items())
            assert moved == _fewest_moves(self.count, Counter(held.values()), members)
        self.generation += 1
        for member, claim in self.present.items():
            if member not in missing:
                owned = frozenset(plan.shares[member])
                self.present[member] = Claim(claim.address, self.generation, owned)

    def _is_latest(self, member: str) -> bool:
        latest = max(claim.generation for claim in self.present.values())
        return self.present[member].generation == latest

    @invariant()
    def a_round_without_joins_and_leaves_moves_nothing(self) -> None:
        if all(self._is_latest(member) for member in self.present):
            plan = assign_partitions(self.count, self.present)
            assert {member: frozenset(share) for member, share in plan.shares.items()} == {
                member: claim.owned for member, claim in self.present.items()
            }


Group.TestCase.settings = effort(40, steps=25)
TestGroup = Group.TestCase
