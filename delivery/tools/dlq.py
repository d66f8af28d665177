"""The commands `dlq list`, `dlq show` and `dlq replay`."""

from collections import Counter
from collections.abc import Collection, Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from delivery.inbox import Inbox
from delivery.tools.printable import printable
from delivery.tools.replay_verdict import (
    REPLAYABLE,
    ReplayCandidate,
    ReplayVerdict,
    judge,
    place_of,
    read_dead_letters,
    text_of,
    texts_of,
)
from delivery.tools.republish import republisher
from delivery.tools.settings import ToolSettings
from delivery.tools.tool_inbox import ToolInbox


async def show_list(settings: ToolSettings, console: Console) -> int:
    """Print a line per dead letter, and the number of dead letters per reason."""
    letters = await read_dead_letters(settings)
    table = Table("place", "came from", "reason", "key", title=settings.dead_letter_topic)
    for letter in letters:
        headers = texts_of(letter)
        origin = f"{headers.get('dlq_partition')}:{headers.get('dlq_offset')}"
        reason_and_key = headers.get("dlq_reason", "?"), text_of(letter.key)
        table.add_row(place_of(letter), *map(escape, (origin, *reason_and_key)))
    console.print(table)
    reasons = Counter(texts_of(letter).get("dlq_reason", "?") for letter in letters)
    for reason, count in reasons.most_common():
        console.print(f"{count:>6}  {reason}", markup=False)
    return 0


async def show_one(settings: ToolSettings, place: str, console: Console) -> int:
    """Print headers, key and value of a dead letter; return 1 if none is at this place."""
    for letter in await read_dead_letters(settings):
        if place_of(letter) == place:
            for name, value in letter.headers:
                console.print(f"{printable(name)}: {text_of(value)}", markup=False)
            console.print(f"key: {text_of(letter.key)}", markup=False)
            console.print(f"value: {text_of(letter.value)}", markup=False)
            return 0
    console.print(f"no dead letter at {place}", markup=False)
    return 1


async def replay(
    settings: ToolSettings, places: Collection[str], console: Console, *, apply: bool
) -> int:
    """Print what a replay does with the dead letters at these places; do it if `apply`.

    Takes all dead letters if `places` is empty. Returns 1 if there is none at one of these places.

    Raises `KafkaError` or `PyMongoError`.
    """
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    try:
        tool_inbox = ToolInbox(inbox)
        letters = await judge(settings, places, tool_inbox)
        if apply:
            await replay_letters(settings, letters, tool_inbox)
    finally:
        inbox.close()
    for verdict, count in Counter(letter.verdict for letter in letters).most_common():
        console.print(f"{count:>6}  {verdict}", markup=False)
    count = sum(letter.verdict in REPLAYABLE for letter in letters)
    console.print(f"{count} replayed" if apply else f"{count} to replay: repeat with --apply")
    found = {place_of(letter.record) for letter in letters}
    missing = [place for place in places if place not in found]
    for place in missing:
        console.print(f"no dead letter at {place}", markup=False)
    return int(bool(missing))


async def replay_letters(
    settings: ToolSettings, letters: Iterable[ReplayCandidate], tool_inbox: ToolInbox
) -> None:
    """Replay the dead letters that can be replayed. Raises `KafkaError` or `PyMongoError`."""
    async with republisher(settings, tool_inbox) as out:
        for letter in letters:
            if letter.verdict is ReplayVerdict.AS_IT_WAS:
                await out.publish_unchanged(letter.record, letter.origin)
            elif letter.verdict is ReplayVerdict.PUSH and letter.document is not None:
                await out.publish_notification(letter.document, letter.origin)
                # Unmark the notification last. If this run ends in between, the next run publishes
                # the record again, and consumers drop the repeat. In the other order, no run
                # would publish it.
                await tool_inbox.unmark_dead_lettered([letter.document["_id"]])
