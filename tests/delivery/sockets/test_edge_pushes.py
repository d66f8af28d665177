"""What owners push to sockets of the edge, and what comes back."""

import asyncio

from tests.delivery.sockets.rig import EdgeRig, event_of


def test_a_push_goes_to_its_socket_and_the_owner_hears_of_the_ack() -> None:
    rig = EdgeRig()
    ack = rig.push("1", "2")
    assert rig.outgoing.sent == [("of ana", ["1", "2"])]
    assert ack.times == 0
    rig.outgoing.acks[0]()
    rig.outgoing.acks[0]()
    assert ack.times == 1


def test_a_push_that_joins_is_not_sent_and_all_owners_that_wait_hear_of_the_ack() -> None:
    rig = EdgeRig()
    acks = [rig.push("1", "2"), rig.push("1", "2"), rig.push("2", "3")]
    assert rig.outgoing.sent == [("of ana", ["1", "2"]), ("of ana", ["3"])]
    rig.outgoing.acks[0]()
    assert [ack.times for ack in acks] == [1, 1, 0]
    rig.outgoing.acks[1]()
    assert [ack.times for ack in acks] == [1, 1, 1]


def test_a_push_again_is_sent_whole() -> None:
    rig = EdgeRig()
    acks = [rig.push("1", "2"), rig.push("1", "2", again=True)]
    assert rig.outgoing.sent == [("of ana", ["1", "2"])] * 2
    rig.outgoing.acks[1]()
    assert [ack.times for ack in acks] == [1, 1]


async def test_what_the_socket_has_already_is_acked_but_not_at_once() -> None:
    rig = EdgeRig()
    rig.push("1")
    rig.outgoing.acks[0]()
    ack = rig.push("1")
    assert ack.times == 0, "the owner is in the midst of carrying out the push"
    await asyncio.sleep(0)
    assert ack.times == 1
    assert len(rig.outgoing.sent) == 1


def test_an_ack_may_bring_the_next_push_and_that_goes_out() -> None:
    rig = EdgeRig()

    def acked() -> None:
        rig.push("2")

    rig.pushes.push("of ana", event_of("1"), acked, again=False)
    rig.outgoing.acks[0]()
    assert rig.outgoing.sent == [("of ana", ["1"]), ("of ana", ["2"])]


def test_what_is_pushed_to_a_socket_that_is_gone_goes_nowhere() -> None:
    rig = EdgeRig()
    ack = rig.push("1")
    rig.edge.left("of ana")
    rig.push("2")
    rig.outgoing.acks[0]()  # on its way as the socket went
    assert ack.times == 0
    assert len(rig.outgoing.sent) == 1
