"""A user who keeps connecting uses up a budget."""

import pytest

from delivery.sockets import admissions as module
from delivery.sockets.admissions import Admissions


class _Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_a_burst_is_admitted_and_then_as_many_as_the_rate_allows(clock: _Clock) -> None:
    admissions = Admissions(max_connections=2)
    assert sum(admissions.admit("ana") for _ in range(300)) == 100
    assert admissions.admit("ben")
    clock.now += 10
    assert sum(admissions.admit("ana") for _ in range(300)) == 5


def test_floods_use_up_the_budget_and_are_forgiven_in_time(clock: _Clock) -> None:
    admissions = Admissions(max_connections=2)
    assert admissions.admit("ana")
    for _ in range(50):
        admissions.flooded("ana")
    assert not admissions.admit("ana")
    clock.now += 2 * 50 / 0.25
    assert admissions.admit("ana")


def test_users_with_a_full_budget_are_forgotten(clock: _Clock) -> None:
    admissions = Admissions(max_connections=2)
    for number in range(1_000):
        admissions.admit(f"user-{number}")
        clock.now += 1
    assert len(admissions._budgets) < 10
