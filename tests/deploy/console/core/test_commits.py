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
