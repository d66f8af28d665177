"""Asks all brokers about a topic, and decides which of them know its present state.

A broker that was suspended continues with what it knew before. Until it learns from the controller
what has happened since, it believes that it still leads its partitions, and that their logs still
end at the same offsets. If a topic was deleted and created again, it still knows the old topic.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.errors import NodeNotReadyError, StaleMetadata

from runtime.topic_metadata import Leader, Topic, read_topics

#: How long to wait for the brokers. One that is suspended or cut off does not answer at all, and
#: would know less than the others.
_ANSWER_SECONDS = 2.0


async def read_views(
    client: AIOKafkaClient, name: str, group: int = ConnectionGroup.DEFAULT
) -> list[Topic | None]:
    """Return what each broker knows of the topic; None if it knows no such topic.

    Asks on the client's connections of this `group`. Leaves out brokers that do not answer. Raises
    `KafkaError` unless more than half of the brokers answer.
    """
    nodes = [broker.nodeId for broker in client.cluster.brokers()]
    asked = [asyncio.create_task(_view(client, name, node, group)) for node in nodes]
    try:
        if asked:
            await asyncio.wait(asked, timeout=_ANSWER_SECONDS)
    finally:
        # Also end the tasks if the caller's own time limit ends first and cancels this call.
        for task in asked:
            task.cancel()
        results = await asyncio.gather(*asked, return_exceptions=True)
    answers = [result for result in results if not isinstance(result, BaseException)]
    if len(answers) * 2 <= len(nodes):
        raise NodeNotReadyError(f"only {len(answers)} of {len(nodes)} brokers answer")
    return answers


async def _view(client: AIOKafkaClient, name: str, node: int, group: int) -> Topic | None:
    return (await read_topics(client, [name], node, group)).get(name)


def latest(views: Sequence[Topic | None]) -> tuple[str | None, dict[int, Leader]]:
    """Return the topic's id, and for each partition the leader of the latest leader epoch.

    The id is the one in most of the `views`, or None if most know no such topic. There must be at
    least one view. Raises `StaleMetadata` if two ids are equally frequent: of two brokers that
    disagree, either may be the one that was suspended.
    """
    ids = Counter(None if view is None else view.id for view in views)
    (topic_id, count), *others = ids.most_common(2)
    if others and others[0][1] == count:
        raise StaleMetadata(f"{count} brokers know another topic than {count} others")
    known = [view for view in views if view is not None and view.id == topic_id]
    numbers = {number for view in known for number in view.leaders}
    return topic_id, {number: _latest_leader(number, known) for number in sorted(numbers)}


def _latest_leader(number: int, views: Iterable[Topic]) -> Leader:
    leaders = [view.leaders[number] for view in views if number in view.leaders]
    return max(leaders, key=lambda leader: leader.epoch)
