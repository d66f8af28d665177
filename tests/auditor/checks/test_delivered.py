"""The auditor compares `delivered_at` with the acks. Each test plants one violation."""

from tests.auditor.clean_run import A1, A4, B3, START, ana, with_client_entries, with_stored
from tests.auditor.facts import Rules, StoredNotification
from tests.auditor.judge import judge
from tests.auditor.verdict import Kind

COMPLETE = Rules(complete=True)


def test_delivered_at_without_an_ack_is_found() -> None:
    facts = with_stored(StoredNotification(B3, "berto", delivered_at=START + 12))
    assert judge(facts).kinds == {Kind.DELIVERED_WITHOUT_ACK, Kind.SETTLED_WITHOUT_REASON}


def test_the_ack_of_another_user_does_not_count() -> None:
    facts = with_stored(StoredNotification(B3, "berto", delivered_at=START + 30))
    facts = with_client_entries(ana("received", B3), ana("acked", B3), facts=facts)
    assert Kind.DELIVERED_WITHOUT_ACK in judge(facts).kinds


def test_delivered_at_before_the_ack_is_found() -> None:
    early = with_stored(StoredNotification(A1, "ana", delivered_at=START + 9.7))
    assert judge(early).kinds == {Kind.DELIVERED_BEFORE_ACK}
    assert judge(early, Rules(clock_noise_seconds=0.3)).kinds == set()


def test_delivered_at_is_compared_with_the_first_ack() -> None:
    second_ack = ana("received", A1), ana("acked", A1)
    assert judge(with_client_entries(*second_ack)).kinds == set()


def test_an_ack_without_delivered_at_is_found_at_the_end() -> None:
    facts = with_client_entries(ana("acked", A4))
    assert judge(facts).kinds == set(), "the ack may have been lost on its way"
    assert judge(facts, COMPLETE).kinds == {Kind.ACK_NOT_RECORDED}
    assert judge(with_client_entries(ana("disconnected"), facts=facts), COMPLETE).kinds == set()
