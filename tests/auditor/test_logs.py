"""The logs that a run writes are read back as facts."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.auditor.errors import CannotAuditError
from tests.auditor.facts import AcceptedNotification
from tests.auditor.logs import AcceptedLog, ClientLog, LinesLog
from tests.auditor.read_logs import read_accepted, read_client_entries, read_samples


def test_clients_may_share_a_file_and_a_folder(tmp_path: Path) -> None:
    shared, alone = tmp_path / "logs" / "shared.jsonl", tmp_path / "logs" / "zoe.jsonl"
    ana, berto = ClientLog(shared, "ana-1", "ana"), ClientLog(shared, "berto-1", "berto")
    before = time.time()
    ana.note("connected")
    berto.note("connected")
    ana.note("received", ["1", "2"])
    ana.note("acked", ["1", "2"])
    ana.note("erased", up_to="2")
    ClientLog(alone, "zoe-1", "zoe").note("disconnected")
    entries = read_client_entries([tmp_path / "logs"])
    assert [(entry.client, entry.user, entry.event, entry.ids) for entry in entries] == [
        ("ana-1", "ana", "connected", ()),
        ("berto-1", "berto", "connected", ()),
        ("ana-1", "ana", "received", ("1", "2")),
        ("ana-1", "ana", "acked", ("1", "2")),
        ("ana-1", "ana", "erased", ()),
        ("zoe-1", "zoe", "disconnected", ()),
    ]
    assert all(before <= entry.at <= time.time() for entry in entries)
    assert entries[:5] == read_client_entries([shared])
    assert [entry.up_to for entry in entries] == ["", "", "", "", "2", ""]


def test_entries_of_one_client_in_several_files_are_ordered_by_time(tmp_path: Path) -> None:
    for number in ("9", "10"):
        phone = ClientLog(tmp_path / f"{number}.jsonl", "phone", "ana")
        phone.note("connected")
        phone.note("received", [number])
    entries = read_client_entries([tmp_path])
    received = [entry.ids for entry in entries if entry.event == "received"]
    assert received == [("9",), ("10",)]


def test_accepted_notifications_and_samples_are_read_back(tmp_path: Path) -> None:
    log = AcceptedLog(tmp_path / "accepted.jsonl")
    before = datetime.now(UTC)
    log.note("1", "ana")
    log.note("2", "berto", producer="b", began=before)
    first, second = read_accepted([tmp_path / "accepted.jsonl"])
    assert before.timestamp() <= first.answered_at <= second.answered_at <= time.time()
    assert first == AcceptedNotification("1", "ana", answered_at=first.answered_at)
    assert second == AcceptedNotification("2", "berto", "b", second.answered_at, before.timestamp())
    LinesLog(tmp_path / "samples.jsonl").append(partition=2, offset=17)
    (sample,) = read_samples([tmp_path / "samples.jsonl"])
    assert (sample.partition, sample.offset) == (2, 17)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 2"),
        ('{"at":"2027-01-15T08:00:01Z","client":"a","user":"a","event":"read"}', "'read'"),
        ('{"at":"2027-01-15T08:00:01","client":"a","user":"a","event":"acked"}', "offset from UTC"),
        ('{"at":"2027-01-15T08:00:01Z","user":"a","event":"acked"}', "client"),
        ("7", "line 2"),
    ],
)
def test_an_invalid_line_is_refused_with_its_number(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "clients.jsonl"
    ClientLog(path, "ana-1", "ana").note("connected")
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(CannotAuditError, match=reason) as refused:
        read_client_entries([path])
    assert str(path) in str(refused.value)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotAuditError, match="none"):
        read_client_entries([tmp_path / "none"])
    with pytest.raises(CannotAuditError, match="jsonl"):
        read_client_entries([tmp_path])
