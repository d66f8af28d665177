"""`delivered_at` and the acks it must come from: each violation planted alone."""

from tests.auditor.facts import Rules, Stored
from tests.auditor.judge import judge
from tests.auditor.scene import A1, A4, B3, START, ana, with_entries, with_stored
from tests.auditor.verdict import Kind

COMPLETE = Rules(complete=True)


def test_delivered_without_an_ack() -> None:
    facts = with_stored(Stored(B3, "berto", delivered_at=START + 12))
    assert judge(facts).kinds == {Kind.DELIVERED_WITHOUT_ACK, Kind.SETTLED_WITHOUT_REASON}


def test_an_ack_of_another_user_is_none() -> None:
    facts = with_stored(Stored(B3, "berto", delivered_at=START + 30))
    facts = with_entries(ana("received", B3), ana("acked", B3), facts=facts)
    assert Kind.DELIVERED_WITHOUT_ACK in judge(facts).kinds


def test_delivered_before_the_ack() -> None:
    early = with_stored(Stored(A1, "ana", delivered_at=START + 9.7))
    assert judge(early).kinds == {Kind.DELIVERED_BEFORE_ACK}
    assert judge(early, Rules(clock_noise_seconds=0.3)).kinds == set()


def test_the_first_ack_counts() -> None:
    again = ana("received", A1), ana("acked", A1)
    assert judge(with_entries(*again)).kinds == set()


def test_an_ack_that_was_not_recorded() -> None:
    facts = with_entries(ana("acked", A4))
    assert judge(facts).kinds == set(), "it may have been lost on the way"
    assert judge(facts, COMPLETE).kinds == {Kind.ACK_NOT_RECORDED}
    assert judge(with_entries(ana("disconnected"), facts=facts), COMPLETE).kinds == set()
