"""The events of one notification in the memory, and what they say."""

from deploy.console.core.facts import Created, DeadLetter, dead_letter_of, fact_of
from deploy.console.core.memory import Memory
from deploy.console.lives.life import read_events
from runtime.slices import Slices
from tests.deploy.console.core.events import created, event, id_at


async def test_a_dead_letter_is_known_by_its_topic_and_not_by_headers_that_its_record_has() -> None:
    memory = Memory(9, 10**9)
    put_back = created(1)
    put_back = put_back._replace(headers=[*put_back.headers, ("dlq_reason", b"no title")])
    fact = fact_of(put_back)
    assert fact is not None
    memory.note(put_back, fact)
    letter = event("created", b"{", at=9, topic="notifications-dlq")._replace(is_letter=True)
    memory.note(letter, dead_letter_of(letter, "ana", id_at(1)))
    known = memory.find(id_at(1))
    assert known is not None
    assert [type(said) for _, said in await read_events(known, Slices())] == [Created, DeadLetter]
