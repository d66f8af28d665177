"""The figures compared with counts by hand: repeats, order, sweeps, erasures and restarts."""

from pathlib import Path

import duckdb
import pytest

from deploy.data_team.events import Change, Erasure, Facts, Sweep
from deploy.data_team.funnel import Funnel, Row

_AT = [f"2026-11-02T08:{minute:02}:00.000Z" for minute in range(60)]


def _id(number: int) -> str:
    return f"0198c0de-0001-7000-8000-{number:012}"


def _created(number: int, user: str = "ana", expires_at: str | None = None) -> Facts:
    kind, at = "order.shipped", _AT[number]
    return Facts(_id(number), user, type=kind, created_at=at, expires_at=expires_at)


def _delivered(number: int, latency: int, user: str = "ana") -> Facts:
    return Facts(_id(number), user, delivered_at=_AT[number], latency_ms=latency)


def _counts(funnel: Funnel) -> list[tuple[int, ...]]:
    return [row[2:6] for row in funnel.rows()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The DuckDB file of one test."""
    return tmp_path / "team" / "funnel.duckdb"


def test_stages_and_latencies_are_counted_by_hour_and_type(path: Path) -> None:
    changes: list[Change] = [_created(number) for number in range(5)]
    changes += [_delivered(number, 10 * number) for number in range(1, 5)]
    changes.append(Facts(_id(1), "ana", seen_at=_AT[9], is_archived=False))
    changes.append(Facts(_id(2), "ana", seen_at=_AT[9], read_at=_AT[9], is_archived=False))
    with Funnel(path) as funnel:
        funnel.apply(changes, {})
        (row,) = funnel.rows()
        assert row[:6] == Row("order.shipped", "2026-11-02 08:00", 5, 4, 2, 1, None)[:6]
        assert row.latencies == pytest.approx([25.0, 38.5, 39.7])


def test_repeats_and_early_receipts_count_once(path: Path) -> None:
    with Funnel(path) as funnel:
        funnel.apply([_delivered(1, 5)], {})
        assert funnel.rows() == [], "the type is not known yet"
        for _ in range(2):
            funnel.apply([_created(1), _delivered(1, 5), _created(1)], {})
        assert _counts(funnel) == [(1, 1, 0, 0)]
        assert funnel.rows()[0].latencies == [5.0, 5.0, 5.0]


def test_a_notification_marked_unread_again_still_counts_as_read(path: Path) -> None:
    unread = Facts(_id(1), "ana", seen_at=_AT[9], read_at=None, is_archived=False)
    read = Facts(_id(1), "ana", seen_at=_AT[9], read_at=_AT[9], is_archived=False)
    with Funnel(path) as funnel:
        funnel.apply([_created(1), read, unread], {})
        assert _counts(funnel) == [(1, 0, 1, 1)]


def test_a_sweep_marks_only_notifications_that_were_in_the_list(path: Path) -> None:
    archived = Facts(_id(2), "ana", is_archived=True)
    with Funnel(path) as funnel:
        funnel.apply(
            [
                *(_created(number) for number in (1, 2, 3, 4)),
                _created(5, "berto"),
                archived,
                Sweep("ana", _id(3), _AT[9], is_read=True),
            ],
            {},
        )
        assert _counts(funnel) == [(5, 0, 2, 2)]
        funnel.apply([_created(6, expires_at=_AT[7]), Sweep("ana", _id(9), _AT[9], False)], {})
        assert _counts(funnel) == [(6, 0, 3, 2)], (
            "the sweep must mark 4, too, but not 6, which had expired"
        )


def test_a_sweep_leaves_superseded_notifications_out(path: Path) -> None:
    at_8, at_20 = (Facts(_id(1), "ana", superseded_at=_AT[minute]) for minute in (8, 20))
    with Funnel(path) as funnel:
        funnel.apply([at_20], {})  # the receipt is read before the other topic
        funnel.apply([_created(1), at_8, _created(2)], {})
        funnel.apply([_created(1), Sweep("ana", _id(3), _AT[9], is_read=False)], {})
        assert _counts(funnel) == [(2, 0, 1, 0)]
        funnel.apply([at_20, Sweep("ana", _id(3), _AT[9], is_read=True)], {})
        assert _counts(funnel) == [(2, 0, 1, 1)]


def test_muted_notifications_are_counted_and_not_swept(path: Path) -> None:
    muted = Facts(_id(1), "ana", is_muted=True)
    with Funnel(path) as funnel:
        funnel.apply([_created(1), muted, muted, _created(2)], {})
        funnel.apply([muted, Sweep("ana", _id(3), _AT[9], is_read=True)], {})
        funnel.apply([_created(3), Sweep("ana", _id(3), _AT[9], is_read=False)], {})
        (row,) = funnel.rows()
        assert row[2:6] == (3, 0, 2, 1)
        assert row.muted == 1


def test_withdrawn_notifications_are_counted_and_not_swept(path: Path) -> None:
    withdrawn = Facts(_id(1), "ana", withdrawn_at=_AT[8])
    with Funnel(path) as funnel:
        funnel.apply([_created(1), _delivered(1, 5), withdrawn, withdrawn, _created(2)], {})
        funnel.apply([Sweep("ana", _id(3), _AT[7], is_read=False)], {})
        funnel.apply([Sweep("ana", _id(3), _AT[9], is_read=True)], {})
        (row,) = funnel.rows()
        assert (row[2:6], row.withdrawn) == ((2, 1, 2, 1), 1)


def test_a_notification_superseded_after_a_sweep_was_swept(path: Path) -> None:
    with Funnel(path) as funnel:
        funnel.apply([Facts(_id(1), "ana", superseded_at=_AT[20])], {})
        funnel.apply([_created(1), Sweep("ana", _id(1), _AT[9], is_read=True)], {})
        assert _counts(funnel) == [(1, 0, 1, 1)]


def test_figures_without_a_newer_column_stay_usable(path: Path) -> None:
    with Funnel(path) as funnel:
        funnel.apply([_created(1)], {("notifications", 0): 1})
    with duckdb.connect(str(path)) as base:
        base.execute("alter table notifications drop column superseded_at")
        base.execute("alter table notifications drop column is_muted")
        base.execute("alter table notifications drop column withdrawn_at")
        base.execute("alter table notifications add column of_another_version boolean")
    with Funnel(path) as funnel:
        funnel.apply([Facts(_id(1), "ana", superseded_at=_AT[3])], {("notifications", 0): 2})
        funnel.apply([Sweep("ana", _id(1), _AT[9], is_read=True)], {})
        assert _counts(funnel) == [(1, 0, 0, 0)]


def test_an_erasure_removes_the_figures_and_keeps_late_records_out(path: Path) -> None:
    with Funnel(path) as funnel:
        funnel.apply([_created(1), _created(2, "berto"), Erasure("ana", _id(3))], {})
        assert _counts(funnel) == [(1, 0, 0, 0)]
        funnel.apply([_delivered(1, 5), _created(1), _created(4)], {})
        assert _counts(funnel) == [(2, 0, 0, 0)]


def test_a_failed_batch_changes_neither_figures_nor_offsets(path: Path) -> None:
    with Funnel(path) as funnel:
        funnel.apply([_created(1)], {("notifications", 0): 7})
        with pytest.raises(AttributeError):
            funnel.apply([_created(2), "no change"], {("notifications", 0): 9})  # type: ignore[list-item]
    with Funnel(path) as funnel:
        assert funnel.progress() == {("notifications", 0): 7}, (
            "the failed batch must store no offset"
        )
        assert _counts(funnel) == [(1, 0, 0, 0)]
