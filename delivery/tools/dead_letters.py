"""`dlq list`, `dlq show` and `dlq replay`: what could not be read, and what is to become of it."""

from collections import Counter
from collections.abc import Collection, Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from delivery.inbox import Inbox
from delivery.tools.letters import (
    ACTED_ON,
    Fate,
    Letter,
    judged,
    letters,
    place_of,
    text_of,
    texts_of,
)
from delivery.tools.repair import Repair
from delivery.tools.republish import republisher
from delivery.tools.settings import ToolSettings


async def show_list(settings: ToolSettings, console: Console) -> int:
    """Print them, a line each, and how many there are of each reason."""
    found = await letters(settings)
    table = Table("place", "came from", "reason", "key", title=settings.dead_letter_topic)
    for letter in found:
        headers = texts_of(letter)
        origin = f"{headers.get('dlq_partition')}:{headers.get('dlq_offset')}"
        said = headers.get("dlq_reason", "?"), text_of(letter.key)
        table.add_row(place_of(letter), origin, *map(escape, said))
    console.print(table)
    reasons = Counter(texts_of(letter).get("dlq_reason", "?") for letter in found)
    for reason, count in reasons.most_common():
        console.print(f"{count:>6}  {reason}", markup=False)
    return 0


async def show_one(settings: ToolSettings, place: str, console: Console) -> int:
    """Print all there is of one. 1 where there is none."""
    for letter in await letters(settings):
        if place_of(letter) == place:
            for name, value in letter.headers:
                console.print(f"{name}: {text_of(value)}", markup=False)
            console.print(f"key: {text_of(letter.key)}", markup=False)
            console.print(f"value: {text_of(letter.value)}", markup=False)
            return 0
    console.print(f"no dead letter at {place}")
    return 1


async def replay(
    settings: ToolSettings, places: Collection[str], console: Console, *, apply: bool
) -> int:
    """Say what becomes of each, of these or of all; with `apply`, do it."""
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    try:
        repair = Repair(inbox)
        chosen = await judged(settings, places, repair)
        if apply:
            await _carry_out(settings, chosen, repair)
    finally:
        inbox.close()
    for fate, count in Counter(letter.fate for letter in chosen).most_common():
        console.print(f"{count:>6}  {fate}", markup=False)
    acted = sum(letter.fate in ACTED_ON for letter in chosen)
    console.print(f"{acted} replayed" if apply else f"{acted} to replay: repeat with --apply")
    return 0


async def _carry_out(settings: ToolSettings, chosen: Iterable[Letter], repair: Repair) -> None:
    async with republisher(settings) as out:
        for letter in chosen:
            if letter.fate is Fate.AS_IT_WAS:
                await out.untouched(letter.record, letter.origin)
            elif letter.fate is Fate.PUSH and letter.document is not None:
                await out.notification(letter.document, letter.origin)
                await repair.not_dead_lettered([letter.document["_id"]])
