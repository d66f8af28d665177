"""Each user has one queued deadline at most, however often a push is repeated."""

from delivery.push.routes import connection_of
from tests.delivery.push.rig import USERS, OwnerRig, Sockets

_USER = USERS[0]


def test_a_repeated_push_queues_one_deadline() -> None:
    rig = OwnerRig()
    rig.routes.open("own", Sockets())
    rig.adopt(1, (0, 1))
    rig.assign(0, 1)
    rig.owner.subscribe(_USER, connection_of("own", "socket"))
    rig.answer()
    rig.feed(_USER)
    assert len(rig.deadlines) == 1
    rig.deadlines.pop()()  # nobody has acknowledged, so the event is pushed again
    assert len(rig.deadlines) == 1
