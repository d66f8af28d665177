"""What the console keeps of records, apart from the memory that an erasure empties."""

from aiokafka import ConsumerRecord

from deploy.console.core.commits import Commits
from deploy.console.core.event import Event
from deploy.console.core.feed import Feed
from deploy.console.core.memory import Memory
from deploy.console.reading.note_record import RecordNotes
from producer_api.contract.settings import SharedSettings
from tests.deploy.console.core.events import created, erased, id_at
from tests.services.tokens import SECRET


def _record(event: Event) -> ConsumerRecord:
    return ConsumerRecord(
        topic=event.topic,
        partition=event.partition,
        offset=event.offset,
        timestamp=event.at,
        timestamp_type=0,
        key=None,
        value=event.value,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=-1,
        headers=tuple(event.headers),
    )


def _notes(memory: Memory) -> RecordNotes:
    return RecordNotes(SharedSettings(auth_jwt_secret=SECRET), memory, Commits(9), Feed())


def test_an_erasure_leaves_no_header_that_names_the_user_or_a_notification() -> None:
    memory = Memory(9, 10**9)
    notes = _notes(memory)
    notice = b'{"user_id": "ana", "changed": [{"id": "%s"}]}' % id_at(1).encode()
    for event in (created(2, inbox=notice), erased("ana", at=50)):
        notes.take(_record(event), is_live=False)
    assert memory.erased_at(id_at(2)) is not None
    assert "ana" not in str(vars(notes))
    assert id_at(1) not in str(vars(notes))


def test_large_values_of_shared_headers_are_not_kept() -> None:
    notes = _notes(Memory(9, 10**9))
    large = created(1)._replace(headers=[("ce_type", b"z" * 10_000), ("ce_source", b"/shop")])
    notes.take(_record(large), is_live=False)
    assert "/shop" in str(vars(notes))
    assert "zzz" not in str(vars(notes))
