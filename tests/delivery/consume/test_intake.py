"""The window of a partition: which records it takes in, and how it makes room."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import orjson
import pytest
from aiokafka.errors import KafkaError

from delivery.consume import feeder as feeder_module
from delivery.consume import intake as module
from delivery.core.decision_types import SettleOutcome
from delivery.core.record import Record
from delivery.core.tracker import Tracker
from delivery.push.partition import Partition
from producer_api.contract.events import WITHDRAWN, EventType, ReceiptType
from tests.delivery.consume.intake_rig import (
    EPOCH,
    TP,
    IntakeRig,
    a_change,
    a_costly_notification,
    a_notification,
    a_removed_notification,
    a_withdrawal,
    users_of,
)
from tests.delivery.loop_watched import loop_watched
from tests.delivery.push.rig import held


def test_many_records_of_silent_users_do_not_pause_the_partition() -> None:
    rig = IntakeRig(window=100)
    rig.connect(users_of(300))
    rig.feed(users_of(300))
    assert not rig.consumer.paused
    assert rig.tracker.next_to_receive == 300
    assert rig.tracker.in_flight < 100


def test_large_records_of_silent_users_do_not_pause_the_partition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeder_module, "_WINDOW_BYTES", 500_000)
    rig = IntakeRig(window=10_000)
    rig.connect(users_of(100))
    rig.feed(users_of(100), size=20_000)
    assert not rig.consumer.paused
    assert rig.tracker.next_to_receive == 100
    assert rig.tracker.in_flight_bytes < 500_000


def test_under_hold_full_window_pauses_its_partition_until_there_is_room() -> None:
    rig = IntakeRig(window=10, hold=True)
    rig.feed(users_of(15))
    assert rig.consumer.paused == {TP}
    assert rig.tracker.in_flight == 10
    for held_id, recipient in list(held(rig.owner).items()):
        rig.push.driver.no_longer_owed(recipient, held_id)
    rig.intake._feed_left_over()
    assert not rig.consumer.paused
    assert rig.tracker.in_flight == 5


def test_a_full_partition_whose_topic_was_missing_for_a_moment_is_fetched_again() -> None:
    rig = IntakeRig(window=10, hold=True)
    rig.feed(users_of(15))
    rig.partition.is_position_lost = True  # `LogWatch` finds no topic
    rig.intake._feed_left_over()
    rig.partition.is_position_lost = False  # then it finds the same topic as before
    assert not rig.consumer.paused, "nothing else would resume the partition"
    assert rig.tracker.next_to_receive == 10


def test_records_that_were_fetched_before_the_partition_was_lost_are_dropped() -> None:
    rig = IntakeRig(window=10, hold=True)
    rig.feed(users_of(15))
    again = Tracker(0, EPOCH + 1)
    rig.owner.revoke(TP.partition)
    rig.owner.assign(TP.partition, again)
    rig.intake._feed_left_over()
    assert again.next_to_receive == 0


def test_left_over_records_of_an_earlier_assignment_do_not_move_the_position() -> None:
    rig = IntakeRig(window=10, hold=True)
    rig.feed(users_of(15))
    rig.intake._seek_all()
    assert rig.consumer.sought[-1] == (TP, 15), "behind the records that wait for room"
    rig.owner.revoke(TP.partition)
    rig.owner.assign(TP.partition, Tracker(0, EPOCH + 1))
    rig.intake._seek_all()
    assert rig.consumer.sought[-1] == (TP, 0)


def test_erasure_stops_earlier_pushes_of_the_same_fetch_and_queries_the_inbox(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = IntakeRig(window=100)
    rig.connect(["ana", "eve"])
    outcomes: dict[int, SettleOutcome] = {}
    settlement = rig.push.settlement
    settle, settle_offset = settlement.settle, settlement.settle_offset

    def note(part: Partition, records: Sequence[Record], outcome: SettleOutcome) -> None:
        outcomes.update((record.offset, outcome) for record in records)
        settle(part, records, outcome)

    def note_one(part: Partition, offset: int, *of: int, outcome: SettleOutcome) -> None:
        outcomes[offset] = outcome
        settle_offset(part, offset, *of, outcome=outcome)

    monkeypatch.setattr(settlement, "settle", note)
    monkeypatch.setattr(settlement, "settle_offset", note_one)
    rig.fetch(
        a_notification(0, "ana"),
        a_notification(1, "eve"),
        a_change(2, "ana", EventType.ERASED),
        a_notification(3, "ana"),
        a_notification(4, "eve"),
    )
    assert [pushed.partition(":")[0] for pushed in rig.sockets.pushed] == ["socket of eve"]
    assert outcomes == {0: SettleOutcome.ERASED, 2: SettleOutcome.IGNORED, 3: SettleOutcome.PARKED}
    assert rig.tracker.in_flight == 2, "eve has one in flight and one in the queue"
    assert [question.user_id for question in rig.catch_up._questions] == ["ana"]


@pytest.mark.parametrize("hold", [False, True])
def test_muted_notification_is_settled_with_a_receipt_and_not_pushed(hold: bool) -> None:
    rig = IntakeRig(window=100, hold=hold)
    rig.connect(["ana"])
    rig.fetch(a_removed_notification(0, "ana"), a_removed_notification(1, "eve"))
    assert rig.sockets.pushed == []
    assert rig.tracker.next_to_commit == 2
    assert not rig.catch_up._questions
    receipts = [one for queued in rig.receipts.oldest(10) for one in queued.receipts]
    assert [(one.kind, one.user) for one in receipts] == [
        (ReceiptType.MUTED, "ana"),
        (ReceiptType.MUTED, "eve"),
    ]


def test_inbox_events_around_an_erasure_keep_their_order() -> None:
    rig = IntakeRig(window=100)
    rig.connect(["ana"])
    kinds = (EventType.READ, EventType.ERASED, EventType.SEEN, EventType.ERASED, EventType.READ)
    rig.fetch(*(a_change(offset, "ana", kind) for offset, kind in enumerate(kinds)))
    emitted = [orjson.loads(payload)["offset"] for _, payload in rig.sockets.inbox_events]
    assert emitted == [0, 1, 2, 3, 4]
    assert rig.tracker.next_to_commit == 5


def test_a_withdrawal_ends_the_pushes_of_its_own_fetch_and_keeps_the_order_of_events() -> None:
    rig = IntakeRig(window=100)
    rig.connect(["ana"])
    withdrawn, kept = a_notification(0, "ana"), a_notification(2, "ana")
    withdrawal = a_withdrawal(3, withdrawn)
    rig.fetch(withdrawn, a_change(1, "ana", EventType.READ), kept, withdrawal)
    rig.fetch(a_change(4, "ana", EventType.SEEN))
    assert rig.sockets.pushed == [f"socket of ana: {orjson.loads(kept.value or b'')['id']}"]
    emitted = [orjson.loads(payload)["offset"] for _, payload in rig.sockets.inbox_events]
    assert emitted == [1, 3, 4]
    assert rig.tracker.next_to_commit == 2, "the other record waits for its ack"
    assert rig.tracker.in_flight == 1
    queued = [receipt for added in rig.receipts.oldest(9) for receipt in added.receipts]
    assert [(receipt.kind, len(receipt.ids)) for receipt in queued] == [(ReceiptType.WITHDRAWN, 1)]


def test_a_notification_withdrawn_before_it_was_published_is_left_to_the_inbox() -> None:
    rig = IntakeRig(window=100)
    rig.connect(["ana"])
    rig.fetch(withdrawn := a_removed_notification(0, "ana", WITHDRAWN))
    assert rig.sockets.pushed == [], "the record of the withdrawal may be in a later fetch"
    assert [question.user_id for question in rig.catch_up._questions] == ["ana"]
    rig.fetch(a_withdrawal(1, withdrawn))
    assert rig.sockets.pushed == []
    assert rig.tracker.next_to_commit == 2


@pytest.mark.parametrize("damaged", [5, None, "zzz"])
def test_an_invalid_id_in_a_withdrawal_stops_neither_the_partition_nor_the_user(
    damaged: object,
) -> None:
    rig = IntakeRig(window=100)
    rig.connect(["ana"])
    changed = [{"id": damaged, "withdrawn_at": "now"}]
    withdrawal = a_withdrawal(0, a_notification(0, "ana"))
    value = orjson.dumps({**orjson.loads(withdrawal.value or b""), "changed": changed})
    rig.fetch(replace(withdrawal, value=value))
    rig.fetch(kept := a_notification(1, "ana"))
    assert rig.sockets.pushed == [f"socket of ana: {orjson.loads(kept.value or b'')['id']}"]


def test_a_withdrawn_record_of_a_user_who_may_be_connected_is_settled_without_a_parked_receipt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = IntakeRig(window=100)
    monkeypatch.setattr(rig.partition, "absent_after", 60)
    withdrawn, kept = a_notification(0, "ana"), a_notification(1, "ana")
    rig.fetch(withdrawn, kept, a_withdrawal(2, withdrawn))
    assert [record.offset for record in rig.partition.in_doubt["ana"]] == [1]
    assert rig.tracker.next_to_commit == 1


def test_dropped_erasure_is_carried_out_when_it_is_fetched_again() -> None:
    rig = IntakeRig(window=2, hold=True)
    erased = a_change(2, "ana", EventType.ERASED)
    rig.fetch(a_notification(0, "ana"), a_notification(1, "ana"), erased)
    assert rig.tracker.next_to_receive == 2, "the window is full"
    rig.owner.suspend()
    rig.intake._feed_left_over()
    rig.owner.resume(TP.partition)
    for held_id, recipient in list(held(rig.owner).items()):
        rig.push.driver.no_longer_owed(recipient, held_id)
    rig.fetch(erased)
    assert rig.tracker.next_to_commit == 3


def test_superseded_notification_is_announced_and_not_pushed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = IntakeRig(window=10, hold=True)
    rig.feed(["ana", "eve"])
    ((older, _), _) = held(rig.owner).items()
    change = {
        "unread_count": 1,
        "unseen_count": 1,
        "changed": [{"id": older, "superseded_by": "x"}],
    }
    emitted: list[tuple[str, bytes]] = []
    monkeypatch.setattr(rig.push.feed, "emit_inbox", lambda _, *about: emitted.append(about))
    newer = a_notification(rig.tracker.next_to_receive, "ana", 10, change)
    rig.fetch(newer)
    assert emitted == [("ana", orjson.dumps(change))]
    assert older not in held(rig.owner)
    assert len(held(rig.owner)) == 2, "ana's newer record and eve's"
    assert rig.tracker.next_to_commit == 1


def test_a_record_that_is_superseded_in_the_same_fetch_frees_its_offset_at_once() -> None:
    rig = IntakeRig(window=10, hold=True)
    older = a_notification(0, "ana", superseding={"changed": []})
    change = {"changed": [{"id": orjson.loads(older.value or b"")["id"], "superseded_by": "x"}]}
    newer = a_notification(1, "ana", superseding=change)
    rig.fetch(older, newer)
    assert list(held(rig.owner)) == [orjson.loads(newer.value or b"")["id"]]
    assert rig.tracker.next_to_commit == 1


async def test_fetches_that_always_fail_end_intake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(module, "_GIVE_UP_SECONDS", 0.2)
    rig = IntakeRig(window=10)
    rig.consumer.failures = 1_000_000
    async with asyncio.timeout(10):
        with pytest.raises(KafkaError):
            await rig.intake.run()


async def test_intake_survives_occasional_failures_of_fetches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(module, "_GIVE_UP_SECONDS", 0.2)
    rig = IntakeRig(window=10)
    running = asyncio.create_task(rig.intake.run())
    for _ in range(10):  # in total for longer than intake tolerates without a success
        rig.consumer.failures = 3
        await rig.consumer.until(lambda: rig.consumer.failures == 0)
        seen = rig.consumer.fetches
        await rig.consumer.until(lambda seen=seen: rig.consumer.fetches > seen)  # type: ignore[misc]
    rig.intake.stop()
    async with asyncio.timeout(10):
        await running


async def test_intake_waits_until_there_is_room_downstream() -> None:
    rig = IntakeRig(window=10)
    rig.has_room.clear()
    running = asyncio.create_task(rig.intake.run())
    await rig.consumer.until(lambda: rig.consumer.fetches == 1)
    for _ in range(100):  # turns of the event loop
        await asyncio.sleep(0)
    assert rig.consumer.fetches == 1
    rig.has_room.set()
    await rig.consumer.until(lambda: rig.consumer.fetches > 1)
    rig.intake.stop()
    async with asyncio.timeout(10):
        await running


async def test_records_of_a_troubled_partition_are_left_to_its_reader() -> None:
    rig = IntakeRig(window=2, hold=True)
    rig.troubled.report(TP, ValueError("malformed"))
    rig.consumer.resume(TP)  # as a rebalance does
    rig.consumer.fetched = [
        [a_notification(offset, f"user-{offset}") for offset in fetched]
        for fetched in (range(4), range(4, 6))
    ]
    running = asyncio.create_task(rig.intake.run())
    await rig.consumer.until(lambda: rig.consumer.fetches > 1)
    for held_id, recipient in list(held(rig.owner).items()):
        rig.push.driver.no_longer_owed(recipient, held_id)  # makes room
    await rig.consumer.until(lambda: rig.consumer.fetches > 3)
    rig.intake.stop()
    async with asyncio.timeout(10):
        await running
    assert rig.tracker.next_to_receive == 0, "no offset may pass the records that were dropped"
    assert rig.consumer.paused == {TP}


@pytest.mark.parametrize("size", [1_500, 60_000, 500_000])
async def test_costly_records_are_fed_in_several_turns(size: int) -> None:
    rig = IntakeRig(window=10_000)
    rig.connect(["ana"])
    records = [a_costly_notification(at, "ana", size) for at in range(4_000_000 // size)]
    rig.consumer.fetched.append(records)
    async with loop_watched() as held:
        running = asyncio.create_task(rig.intake.run())
        await rig.consumer.until(lambda: rig.tracker.next_to_receive == len(records))
    rig.intake.stop()
    await running
    assert held() < 0.05  # all in one turn would take 0.1 s
    assert not rig.consumer.paused


async def test_records_that_wait_for_their_turn_are_left_when_the_partition_is_lost() -> None:
    rig = IntakeRig(window=10_000)
    rig.connect(["ana"])
    partition = rig.partition
    rig.intake._take_in({TP: [a_costly_notification(at, "ana", 500_000) for at in range(8)]})
    received = rig.tracker.next_to_receive
    assert 0 < received < 8
    rig.owner.revoke(TP.partition)
    await rig.intake._feed_waiting()
    assert partition.tracker.next_to_receive == received
