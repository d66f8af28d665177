"""Which instances join, leave and die, observed from outside once a second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.console.core.members import Answer, Life, Members
from tests.delivery.core.effort import effort

_ONE, _TWO = "http://i1", "http://i2"
_READY, _SILENT, _NONE = (Answer.READY, ""), (Answer.SILENT, "late"), (Answer.NONE, "refused")


class _Seen:
    """Observes a group. Each observation is a second after the previous one."""

    def __init__(self) -> None:
        self.members = Members()
        self.removed: set[str] = set()
        self._now = 0

    def update(self, *owners: str, **answers: tuple[Answer, str]) -> list[tuple[str, str | None]]:
        """Return what this update has added: what happened, and to which instance."""
        before = len(self.members.group_events)
        urls = {f"http://{name}": answer for name, answer in answers.items()}
        self._now += 1_000
        self.members.update(list(urls), urls, owners, self._now, self.removed)
        return [(each.what, each.instance) for each in self.members.group_events][before:]


def test_instances_of_the_first_observation_have_not_joined() -> None:
    seen = _Seen()
    assert seen.update(_ONE, i1=_READY) == []
    assert seen.update(_ONE, i1=_READY, i2=(Answer.NOT_READY, "kafka: joining")) == [
        ("joined", _TWO),
        ("not ready", _TWO),
    ]
    assert seen.update(_ONE, _TWO, i1=_READY, i2=_READY) == [
        ("ready", _TWO),
        ("rebalanced", None),
    ]


def test_a_killed_instance_has_died_before_kafka_notices() -> None:
    seen = _Seen()
    seen.update(_ONE, _TWO, i1=_READY, i2=_READY)
    assert seen.update(_ONE, _TWO, i1=_READY, i2=_NONE) == []
    assert seen.update(_ONE, _TWO, i1=_READY, i2=_NONE) == [("died", _TWO)]
    assert seen.members.lives[_TWO] is Life.GONE
    assert seen.update(_ONE, _TWO, i1=_READY, i2=_NONE) == []
    assert seen.update(_ONE, _ONE, i1=_READY) == [("rebalanced", None)]


def test_an_instance_that_stops_in_order_has_left() -> None:
    seen = _Seen()
    seen.update(_ONE, _TWO, i1=_READY, i2=_READY)
    # The instance has left, and its port is closed. The group was last read just before that.
    seen.update(_ONE, _TWO, i1=_READY, i2=_NONE)
    assert seen.update(_ONE, _ONE, i1=_READY) == [("left", _TWO), ("rebalanced", None)]


def test_an_instance_that_its_peers_have_removed_has_died() -> None:
    seen = _Seen()
    seen.update(_ONE, _TWO, i1=_READY, i2=_READY)
    seen.removed = {_TWO}
    assert seen.update(_ONE, _ONE, i1=_READY) == [("died", _TWO), ("rebalanced", None)]


def test_an_instance_that_hangs_until_kafka_removes_it_has_died() -> None:
    seen = _Seen()
    seen.update(_ONE, _TWO, i1=_READY, i2=_READY)
    assert seen.update(_ONE, _TWO, i1=_READY, i2=_SILENT) == [("not ready", _TWO)]
    assert seen.update(_ONE, _TWO, i1=_READY) == [("died", _TWO)]


def test_an_instance_that_comes_back_joins_again() -> None:
    seen = _Seen()
    seen.update(_ONE, i1=_READY)
    seen.update(_ONE, i1=_NONE)
    seen.update(_ONE, i1=_NONE)
    assert seen.update(_ONE, i1=_READY) == [("joined", _ONE), ("ready", _ONE)]


def test_an_instance_that_has_gone_is_shown_for_a_minute() -> None:
    seen = _Seen()
    seen.update(_ONE, i1=_READY)
    seen.update(i2=_READY)
    for _ in range(59):
        seen.update(i2=_READY)
        assert _ONE in seen.members.lives
    for _ in range(3):
        seen.update(i2=_READY)
    assert _ONE not in seen.members.lives


@pytest.mark.parametrize("owners", [(), ("",)])
def test_a_group_without_owners_has_not_rebalanced(owners: tuple[str, ...]) -> None:
    seen = _Seen()
    assert seen.update(*owners, i1=_READY) == []


_answers = st.dictionaries(
    st.sampled_from(["i1", "i2", "i3"]),
    st.sampled_from([_READY, _SILENT, _NONE, (Answer.NOT_READY, "")]),
)


@effort(40)
@given(st.lists(_answers, max_size=25))
def test_the_list_is_bounded_and_each_end_follows_a_life(
    updates: list[dict[str, tuple[Answer, str]]],
) -> None:
    seen, alive = _Seen(), set[str | None]()
    for answers in updates:
        for what, url in seen.update(**answers):
            if what in {"died", "left"}:
                assert url in alive
                alive.discard(url)
        alive |= {url for url, life in seen.members.lives.items() if life is not Life.GONE}
        assert len(seen.members.group_events) <= 30
