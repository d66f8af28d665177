"""Headers with the same name, which Kafka allows."""

from deploy.console.core.facts import dead_letter_of
from tests.deploy.console.core.events import event


def test_the_page_gets_all_headers_in_their_order() -> None:
    twice = event("created", {})._replace(headers=[("via", b"1"), ("via", b"2"), ("x", None)])
    assert twice.public()["headers"] == [("via", "1"), ("via", "2"), ("x", "")]
    assert twice.header("via") == b"1"


def test_a_dead_letter_tells_the_reason_of_delivery_and_not_one_that_its_record_had() -> None:
    letter = event("created", b"{", dlq_reason=b"no title", dlq_partition=b"1")
    own = [("dlq_reason", b"bogus"), ("dlq_partition", b"7")]
    letter = letter._replace(headers=[*own, *letter.headers])
    fact = dead_letter_of(letter, "ana", None)
    assert (fact.reason, fact.partition) == ("no title", 1)
