"""The state of the river, computed from any answers of Kafka and the instances."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.console.core.members import Answer, Members
from deploy.console.core.rates import Rates
from deploy.console.core.river import (
    Instance,
    Lane,
    in_flight_json,
    instances_json,
    lanes_json,
)

_ONE, _TWO = "http://127.0.0.1:8101", "http://shop-delivery-2:8101"
_WAIT = {"offset": 118, "id": "0198", "user": "a•••a", "state": "pushed"}


def _members(*urls: str) -> Members:
    members = Members()
    members.update(urls, dict.fromkeys(urls, (Answer.READY, "")), (), 0)
    return members


def test_a_lane_shows_what_its_owner_says_it_waits_for() -> None:
    said = {"partition": 3, "unsettled": 2, "paused": True, "waits_for": _WAIT}
    flights = [{"partition": 3, "count": 2}, {"partition": 4, "count": 1}]
    one = Instance(_ONE, {"partitions": [said], "in_flight": flights})
    (lane, other) = lanes_json(
        [Lane(3, _ONE, 118, 125, 4), Lane(5, None, 9, 9, 0)], {_ONE: one, _TWO: Instance(_TWO)}
    )
    assert lane == {
        "partition": 3,
        "owner": _ONE,
        "committed": 118,
        "end": 125,
        "lag": 7,
        "settled_beyond": 4,
        "unsettled": 2,
        "paused": True,
        "stopped": False,
        "waits_for": _WAIT,
        "in_flight": 2,
    }
    assert (other["owner"], other["lag"], other["waits_for"]) == (None, 0, None)


def test_a_lane_ends_where_its_owner_has_read_to() -> None:
    said = {"partition": 0, "next_to_receive": 12, "waits_for": _WAIT}
    one = Instance(_ONE, {"partitions": [said]})
    (lane,) = lanes_json([Lane(0, _ONE, 9, 9, 0)], {_ONE: one})
    assert (lane["end"], lane["lag"]) == (12, 3)


def test_an_instance_that_has_gone_says_nothing() -> None:
    members = _members(_ONE, _TWO)
    members.update([_ONE], {_ONE: (Answer.READY, "")}, (), 1_000)
    instances = {url: Instance(url, {"sockets": 12}) for url in (_ONE, _TWO)}
    lanes = [Lane(0, _ONE, 0, 0, 0), Lane(1, _ONE, 0, 0, 0)]
    one, two = instances_json(members, instances, lanes)
    assert (one["name"], one["state"]) == ("8101", "ready")
    assert (one["sockets"], one["partitions"]) == (12, 2)
    assert (two["name"], two["state"], two["sockets"]) == ("shop-delivery-2:8101", "gone", None)


@pytest.mark.parametrize("url", ["http://127.0.0.1:x", "http://localhost:99999", "http://[::1"])
def test_a_malformed_address_is_shown_as_it_is(url: str) -> None:
    (shown,) = instances_json(_members(url), {}, [])
    assert shown["name"] == url


def test_the_pushes_that_wait_longest_at_any_instance_come_first() -> None:
    minutes = [f"{minute:02}" for minute in range(80)]
    flights = [[{"pushed_at": each} for each in minutes[start::2]] for start in (0, 1)]
    instances = [
        Instance(url, {"in_flight": each}) for url, each in zip((_ONE, _TWO), flights, strict=True)
    ]
    assert [each["pushed_at"] for each in in_flight_json(instances)] == minutes
    many = Instance(_ONE, {"in_flight": flights[0] * 10})
    assert len(in_flight_json([many])) == 100


_odd: st.SearchStrategy[Any] = st.sampled_from(
    [None, 3, "", [], [1, None], {}, [{"partition": "x"}], [{"count": None}]]
)


@given(
    st.dictionaries(
        st.sampled_from(["partitions", "in_flight", "links", "sockets", "draining"]), _odd
    )
)
def test_any_status_of_an_instance_can_be_shown(status: dict[str, Any]) -> None:
    instances = {_ONE: Instance(_ONE, status)}
    assert len(lanes_json([Lane(0, _ONE, 1, 2, 0)], instances)) == 1
    assert len(instances_json(_members(_ONE), instances, [])) == 1
    in_flight_json(instances.values())


def test_rates_are_those_of_the_last_two_readings() -> None:
    rates = Rates()
    rates.read({"pushed": 100.0}, 10.0)
    assert rates.per_second == {}
    rates.read({"pushed": 130.0}, 12.0)
    assert rates.per_second == {"pushed": 15.0}
    rates.read({"pushed": 8.0}, 13.0)  # the instance has restarted
    assert rates.per_second == {"pushed": 8.0}


@pytest.mark.parametrize(
    ("removed", "expected"),
    [
        ([{"peer": _TWO, "at": "2026-11-30T12:00:01.000Z"}], {_TWO}),
        ([{"peer": _TWO, "at": "2026-11-30T11:59:00.000Z"}], set()),
        ([{"peer": _TWO, "at": "late"}, {"peer": 7, "at": "2026-11-30T12:00:01.000Z"}, 8], set()),
        (None, set()),
    ],
)
def test_an_instance_says_whom_it_has_just_removed(removed: object, expected: set[str]) -> None:
    status = {"at": "2026-11-30T12:00:02.000Z", "removed": removed}
    assert Instance(_ONE, status).removed == expected
    assert Instance(_ONE).removed == set()
