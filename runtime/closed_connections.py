"""Lets aiokafka see that a connection is closed, whichever event loop runs.

A broker may close a connection just before aiokafka writes a request to it. asyncio's own loop then
writes nothing, and aiokafka learns of the end when it reads. uvloop raises a `RuntimeError`, which
aiokafka takes for a bug. This error ended the task that keeps a consumer in its group, or the task
that sends the records of a producer, and so the whole program.
"""

from functools import wraps
from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

_send = AIOKafkaConnection.send


def report_closed_connections() -> None:
    """Let all of aiokafka's clients in this process raise `KafkaConnectionError` instead."""
    AIOKafkaConnection.send = _send_or_close


@wraps(_send)
def _send_or_close(connection: Any, *args: Any, **kwargs: Any) -> Any:
    writer = connection._writer  # noqa: SLF001 - aiokafka has no public way to it
    try:
        return _send(connection, *args, **kwargs)
    except RuntimeError as error:
        if not writer.transport.is_closing():
            raise
        connection.close(reason=CloseReason.CONNECTION_BROKEN)
        place = f"{connection.host}:{connection.port}"
        raise KafkaConnectionError(f"Connection at {place} broken: {error}") from error
