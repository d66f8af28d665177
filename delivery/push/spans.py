"""The last span of a notification's trace: from its push to the client's ack."""

import time
from collections.abc import Callable
from functools import partial

from opentelemetry.trace import SpanKind

from delivery.core.decision_types import Event
from runtime.tracing import Tracing


class PushSpans:
    """Exports a span for each notification that has a trace. Used only while tracing is on."""

    def __init__(self, tracing: Tracing, instance: str) -> None:
        self._tracing = tracing
        self._instance = instance

    def wrap_ack(self, event: Event, acked: Callable[[], None]) -> Callable[[], None]:
        """Wrap the ack callback so that the first ack of an event exports its spans."""
        return partial(self._acked, event, acked)

    def _acked(self, event: Event, acked: Callable[[], None]) -> None:
        is_first = not event.acked
        acked()
        if not is_first:
            return
        now = time.time()
        times = now - (time.monotonic() - event.since), now
        for item in event.items:
            attributes: dict[str, str | int] = {
                "messaging.operation.type": "process",
                "notification.id": item.id,
                "notification.attempt": event.attempts,
                "service.instance.id": self._instance,
            }
            self._tracing.record("push", SpanKind.CONSUMER, item.traceparent, times, attributes)
