"""The windows of an instance's partitions share a number of bytes."""

import pytest

from delivery.core.tracker import Tracker
from tests.delivery.consume.intake_rig import EPOCH, TP, IntakeRig, users_of
from tests.delivery.push.rig import held


@pytest.mark.parametrize("partitions", [1, 4, 100])
def test_the_windows_of_all_partitions_share_the_bytes_of_the_instance(partitions: int) -> None:
    rig = IntakeRig(window=10_000, hold=True, all_bytes=400_000)
    for number in range(1, partitions):
        rig.owner.assign(number, Tracker(0, EPOCH))
    rig.feed(users_of(100), size=20_000)
    assert rig.consumer.paused == {TP}
    taken = rig.tracker.in_flight
    assert taken == max(1, -(-400_000 // partitions // 20_200)), "an empty window takes a record"
    for held_id, recipient in list(held(rig.owner).items()):
        rig.push.driver.no_longer_owed(recipient, held_id)
    rig.intake._feed_left_over()
    assert rig.tracker.next_to_receive == 2 * taken
