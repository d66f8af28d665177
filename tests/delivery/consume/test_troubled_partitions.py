"""Partitions that aiokafka cannot read further."""

import logging

import pytest
from aiokafka.errors import OffsetOutOfRangeError

from tests.delivery.consume.intake_rig import TP, IntakeRig, a_notification


def test_nothing_is_fed_from_a_position_out_of_range_until_the_log_was_checked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = IntakeRig(window=10)
    rig.connect(["ana"])
    with caplog.at_level(logging.WARNING):
        rig.troubled.report(TP, OffsetOutOfRangeError({TP: 0}))
    assert not caplog.messages, "the log may be sound"
    assert rig.consumer.paused == {TP}
    assert rig.check_now.is_set()
    rig.intake._take_in({TP: [a_notification(7, "ana")]})
    assert rig.tracker.next_to_receive == 0
    assert not rig.sockets.pushed
