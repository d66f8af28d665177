"""Ids and subscriptions follow MongoDB's clock if a host's own clock is wrong."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from producer_api.contract.ids import IdSource, milliseconds_of
from producer_api.inbox import push_subscriptions
from producer_api.inbox.push_subscriptions import PushSubscriptions
from producer_api.metrics import Metrics
from producer_api.mongodb.clock import MongoClock
from producer_api.mongodb.connection import connect, database
from producer_api.settings import Settings

#: A busy machine may take this long to answer.
_MANY_SECONDS = 10.0


@pytest.mark.parametrize("ahead_seconds", [-3600, 60])
async def test_a_wrong_clock_is_corrected(stack_env: dict[str, str], ahead_seconds: int) -> None:
    settings = Settings.model_validate({name.lower(): text for name, text in stack_env.items()})
    client, metrics = connect(settings), Metrics()
    clock = MongoClock(client, metrics, lambda: time.time_ns() + ahead_seconds * 10**9)
    ids = IdSource(clock.now_ns)
    try:
        await clock.prepare()
    finally:
        client.close()
    milliseconds = milliseconds_of(ids.next())
    assert milliseconds is not None
    assert abs(milliseconds / 1000 - time.time()) < _MANY_SECONDS
    assert abs(clock.now().timestamp() - time.time()) < _MANY_SECONDS
    difference = metrics.registry.get_sample_value("producer_clock_difference_seconds")
    assert difference == pytest.approx(-ahead_seconds, abs=_MANY_SECONDS)


async def test_a_correct_clock_is_not_corrected(
    stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small difference may be noise: the measurement is less exact than synchronized clocks."""
    settings = Settings.model_validate({name.lower(): text for name, text in stack_env.items()})
    client = connect(settings)
    clock = MongoClock(client, Metrics())
    monkeypatch.setattr("producer_api.mongodb.clock._LARGEST_NS", _MANY_SECONDS * 1e9)
    try:
        await clock.prepare()
    finally:
        client.close()
    before = time.time_ns()
    assert before <= clock.now_ns() <= time.time_ns()


class _Ahead:
    """A host's clock that is an hour ahead."""

    @staticmethod
    def now(zone: timezone) -> datetime:
        return datetime.now(zone) + timedelta(hours=1)


async def test_a_subscription_is_as_old_as_mongodbs_clock_says(
    stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The away program compares its age with the time at which the user's sessions were ended."""
    settings = Settings.model_validate({name.lower(): text for name, text in stack_env.items()})
    client = connect(settings)
    collection = database(client, settings)["push_subscriptions"]
    monkeypatch.setattr(push_subscriptions, "datetime", _Ahead, raising=False)
    for user in ("$ana", "eve"):
        await PushSubscriptions(collection).subscribe(user, "https://push.example/1", "p==", "a==")
        (stored,) = await collection.find().to_list(None)
        age = datetime.now(UTC) - stored.pop("created_at")
        assert abs(age.total_seconds()) < _MANY_SECONDS
        del stored["_id"]
        expected = {"user_id": user, "endpoint": "https://push.example/1", "p256dh": "p"}
        assert stored == {**expected, "auth": "a"}
    client.close()
