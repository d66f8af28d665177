"""The command `replay`: pushes a user's notifications again, even delivered ones."""

from datetime import datetime

from rich.console import Console

from delivery.inbox import Inbox
from delivery.tools.republish import republisher
from delivery.tools.settings import ToolSettings
from delivery.tools.tool_inbox import ToolInbox
from producer_api.contract.notification import Document

_ORIGIN = "inbox"


async def push_again(
    settings: ToolSettings,
    user: str,
    since: datetime,
    until: datetime,
    console: Console,
    *,
    apply: bool,
) -> int:
    """Print how many notifications would be pushed again; push them if `apply`.

    A client that already has a notification acknowledges it without showing it again, so a second
    run changes nothing for the user. Leaves out notifications that are superseded, withdrawn,
    muted, archived or expired. Raises `KafkaError` or `PyMongoError`.
    """
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    try:
        tool_inbox = ToolInbox(inbox)
        documents = await tool_inbox.pushable(user, since, until)
        delivered = sum(document["delivered_at"] is not None for document in documents)
        console.print(f"{delivered:>6}  delivered, to be pushed again")
        console.print(f"{len(documents) - delivered:>6}  owed anyway")
        if not apply:
            console.print("nothing is done yet: repeat with --apply")
            return 0
        await push(settings, tool_inbox, documents)
        console.print(f"{len(documents)} put on the topic again")
        return 0
    finally:
        inbox.close()


async def push(settings: ToolSettings, tool_inbox: ToolInbox, documents: list[Document]) -> None:
    """Push these notifications again. Raises `KafkaError` or `PyMongoError`."""
    delivered = [document["_id"] for document in documents if document["delivered_at"] is not None]
    # Mark them as owed in the inbox first. If the program ends before it publishes them, the
    # user gets them at the next connection.
    await tool_inbox.owe_again(delivered)
    async with republisher(settings, tool_inbox) as out:
        for document in documents:
            await out.publish_notification({**document, "delivered_at": None}, _ORIGIN)
