"""Committed offsets, compared with a naive model that looks at all offsets each time."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.console.core.commits import Commits

_steps = st.lists(st.tuples(st.sampled_from(["note", "move"]), st.integers(1, 4)), max_size=30)


@given(_steps)
def test_each_notification_is_passed_once_when_its_offset_is(steps: list[tuple[str, int]]) -> None:
    commits, noted, passed = Commits(1_000), 0, set[str]()
    committed, is_later = 0, False
    for step, count in steps:
        if step == "note":
            for offset in range(noted, noted + count):
                commits.note(0, offset, str(offset))
            noted += count
            continue
        before, committed = committed, min(committed + count, noted)
        ids = commits.moved(0, committed)
        assert not passed & set(ids)
        assert ids == ([str(each) for each in range(before, committed)] if is_later else [])
        is_later = True
        passed.update(ids)
    if is_later:
        assert [commits.is_committed(0, each) for each in range(noted)] == [
            each < committed for each in range(noted)
        ]


def test_only_the_newest_records_of_a_lane_without_commits_are_remembered() -> None:
    commits = Commits(3)
    commits.moved(0, 0)
    for offset in range(10):
        commits.note(0, offset, str(offset))
    assert commits.moved(0, 10) == ["7", "8", "9"]


def test_a_topic_that_was_made_again_does_not_hide_what_is_passed() -> None:
    commits = Commits(10)
    commits.moved(0, 900)
    commits.note(0, 900, "of the old log")
    commits.moved(0, 0)
    commits.note(0, 0, "first")
    commits.note(0, 1, "second")
    assert commits.moved(0, 1) == ["first"]
    assert commits.moved(0, 2) == ["second"]


def test_all_lanes_together_have_one_limit() -> None:
    commits = Commits(3)
    for lane in (0, 1, 2):
        commits.moved(lane, 0)
    for offset in range(10):
        for lane in (0, 1):
            commits.note(lane, offset, f"{lane}:{offset}")
    commits.note(2, 0, "2:0")
    assert [commits.moved(lane, 10) for lane in (0, 1, 2)] == [["0:9"], ["1:9"], ["2:0"]]


@given(
    st.lists(
        st.tuples(st.sampled_from(["note", "move"]), st.integers(0, 2), st.integers(0, 9)),
        max_size=40,
    )
)
def test_the_limit_holds_whatever_happens_to_the_topic(steps: list[tuple[str, int, int]]) -> None:
    commits = Commits(4)
    for step, lane, offset in steps:
        if step == "note":
            commits.note(lane, offset, "id")
        else:
            commits.moved(lane, offset)
        held = [(each, at) for each, offsets in commits._beyond.items() for at in offsets]
        assert sorted(held) == sorted(commits._ids)
        assert len(held) <= 4
