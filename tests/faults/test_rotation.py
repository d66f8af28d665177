"""While both secrets rotate and instances restart one by one, no token or peer is refused."""

import pytest
from socketio.exceptions import ConnectionError as RefusedError

from tests.faults.conftest import FleetOf
from tests.faults.fleet import Fleet
from tests.faults.roaming import all_have, roaming
from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.shopper import Shopper
from tests.services.tokens import SECRET, sign
from tests.services.waiting import eventually
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(12)]
_NEW = "the next secret of the tests, also long enough"
_OLD_PEERS, _NEW_PEERS = "ours, with a comma", "theirs"
_STEPS = (
    {
        "AUTH_JWT_SECRET": _NEW,
        "AUTH_JWT_SECRET_PREVIOUS": SECRET,
        "DELIVERY_PEER_SECRET": _NEW_PEERS,
        "DELIVERY_PEER_SECRET_PREVIOUS": _OLD_PEERS,
    },
    {"AUTH_JWT_SECRET_PREVIOUS": "", "DELIVERY_PEER_SECRET_PREVIOUS": ""},
)


async def _linked(fleet: Fleet) -> None:
    """Wait until each of the two instances has its link to the other one."""

    async def are_linked() -> bool:
        counts = [await each.metric("delivery_peer_links") for each in fleet.instances]
        return counts == [1, 1]

    await eventually(are_linked)


async def test_two_secrets_rotate_under_load_without_a_refusal(
    world: World, fleet_of: FleetOf, judged: Judged
) -> None:
    fleet = fleet_of(2, secrets=[_OLD_PEERS])
    load = Load(world, _USERS)
    signing = [SECRET]

    def token_of(user: str) -> str:
        return sign(signing[0], sub=user)

    async with (
        fleet.running(0, 1),
        roaming(_USERS, fleet, judged, token_of=token_of) as roamers,
    ):
        async with load.going_on():
            for settings in _STEPS:
                for number in (0, 1):
                    await load.rounds(2)
                    await fleet.stop(number)
                    fleet.change(number, settings)
                    await fleet.start(number)
                    await fleet.shared_by(0, 1)
                    await _linked(fleet)
                await all_have(load.created, roamers)
                # While the instances accept both secrets, the signer of the tokens changes to the
                # new one.
                signing[0] = _NEW
                refusals = [text for roamer in roamers for text in roamer.refusals]
                assert not [text for text in refusals if "token" in text]
            last = Shopper("ana", fleet.urls[0])
            with pytest.raises(RefusedError):
                await last.connect(sign(SECRET, sub="ana"))
            await last.connect(sign(_NEW, sub="ana"))
            assert (await last.renew(sign(SECRET, sub="ana")))["ok"] is False
            await last.disconnect()
        # The devices stay until they have the last round. Otherwise its records would be parked.
        await all_have(load.created, roamers)
        await load.all_delivered()
        # At the end, both instances stop. If the group rebalances meanwhile, nobody is left to
        # commit the last offsets.
        await world.all_committed()
    # A link may also be refused because the instance stops. Only a wrong secret is a fault.
    causes = [
        event["cause"]
        for instance in fleet.instances
        for event in instance.events
        if event["event"] == "peer link refused"
    ]
    assert not [cause for cause in causes if "proof" in cause]
