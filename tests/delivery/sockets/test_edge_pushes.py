"""Pushes of owners to sockets of the edge, and their acknowledgements."""

import asyncio

from tests.delivery.sockets.rig import A, EdgeRig, event_of


def test_a_push_reaches_its_socket_and_its_ack_reaches_the_owner_once() -> None:
    rig = EdgeRig()
    ack = rig.push("1", "2")
    assert rig.outgoing.sent == [("of ana", ["1", "2"])]
    assert ack.times == 0
    rig.outgoing.acks[0]()
    rig.outgoing.acks[0]()
    assert ack.times == 1


def test_a_push_of_ids_in_flight_is_not_sent_and_every_waiting_owner_gets_the_ack() -> None:
    rig = EdgeRig()
    acks = [rig.push("1", "2"), rig.push("1", "2"), rig.push("2", "3")]
    assert rig.outgoing.sent == [("of ana", ["1", "2"]), ("of ana", ["3"])]
    rig.outgoing.acks[0]()
    assert [ack.times for ack in acks] == [1, 1, 0]
    rig.outgoing.acks[1]()
    assert [ack.times for ack in acks] == [1, 1, 1]


def test_a_repeated_push_is_sent_as_a_whole() -> None:
    rig = EdgeRig()
    acks = [rig.push("1", "2"), rig.push("1", "2", again=True)]
    assert rig.outgoing.sent == [("of ana", ["1", "2"])] * 2
    rig.outgoing.acks[1]()
    assert [ack.times for ack in acks] == [1, 1]


async def test_a_push_of_ids_that_the_socket_has_is_acked_in_a_later_turn_of_the_loop() -> None:
    rig = EdgeRig()
    rig.push("1")
    rig.outgoing.acks[0]()
    ack = rig.push("1")
    assert ack.times == 0, "the owner is still carrying out the decision to push"
    await asyncio.sleep(0)
    assert ack.times == 1
    assert len(rig.outgoing.sent) == 1


def test_the_callback_of_an_ack_may_push_again() -> None:
    rig = EdgeRig()

    def acked() -> None:
        rig.push("2")

    rig.pushes.push("of ana", event_of("1"), acked, again=False)
    rig.outgoing.acks[0]()
    assert rig.outgoing.sent == [("of ana", ["1"]), ("of ana", ["2"])]


def test_a_push_to_a_socket_that_is_gone_is_dropped() -> None:
    rig = EdgeRig()
    ack = rig.push("1")
    rig.edge.left("of ana")
    rig.push("2")
    rig.outgoing.acks[0]()  # an ack that was in flight when the socket closed
    assert ack.times == 0
    assert len(rig.outgoing.sent) == 1


def test_the_part_of_an_event_that_was_acked_is_written_when_the_client_has_gone() -> None:
    rig = EdgeRig()
    rig.push("1")
    rig.push("1", "2")
    rig.push("1", "2", again=True)
    rig.outgoing.acks[0]()
    rig.links.to(A).is_up = False
    rig.edge.left("of ana")
    assert rig.written == ["1"]


def test_an_ack_after_the_socket_has_gone_is_written() -> None:
    rig = EdgeRig()
    rig.push("1")
    rig.edge.left("of ana")
    rig.outgoing.acks[0]()
    assert rig.written == ["1"]
