"""Tells by webhook, as Standard Webhooks says: signed, with a stable id and a timestamp."""

import logging
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from standardwebhooks.webhooks import Webhook

from delivery.away.calls.endpoint_client import CallFailedError, EndpointClient
from delivery.away.calls.guarded_network import RefusedAddressError, RefusedHostError
from delivery.away.core.entry import Entry, Until
from delivery.away.core.messages import webhook_body
from delivery.away.ways.outcome import Failed, Outcome, Refused, Told
from producer_api.contract.notification import Document

_log = logging.getLogger(__name__)

_GONE = "the endpoint has answered 410 Gone"


class WebhookWay:
    """Calls one URL. Owns the note that the endpoint is gone, which lasts until a restart.

    An endpoint that answers 410 asks to be disabled, so it is not called again. 2xx means that the
    endpoint has the notification. Any other answer, also a redirect, is a failure: the call is made
    again later.
    """

    def __init__(
        self, url: str, secrets: Sequence[str], until: Until, client: EndpointClient
    ) -> None:
        """Sign with all these secrets: while secrets rotate, the receiver knows one of them."""
        self._url = url
        self._host = urlsplit(url).hostname or ""
        self._webhooks = [Webhook(secret) for secret in secrets]
        self._until = until
        self._client = client
        self._is_gone = False

    async def tell(self, entry: Entry, document: Document, now: datetime) -> Outcome:
        """Call the webhook once."""
        if self._is_gone:
            return Refused(_GONE)
        body = webhook_body(entry, document, self._until)
        # The receiver drops repeats by this id. It is the notification's id, so it stays the same
        # after a crash, or when an operator replays a dead letter.
        message_id = entry.notification
        signatures = (webhook.sign(message_id, now, body) for webhook in self._webhooks)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "notification-pipeline",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        try:
            answer = await self._client.post(self._url, headers, body.encode())
        except RefusedHostError as error:
            return Refused(str(error))
        except (CallFailedError, RefusedAddressError) as error:
            # A name server may give a private address once, by mistake. Try again later, so that
            # the webhooks that are due now do not become dead letters.
            return Failed(str(error))
        if answer.status == HTTPStatus.GONE:
            if not self._is_gone:
                _log.error("webhook endpoint gone", extra={"host": self._host})
            self._is_gone = True
            return Refused(_GONE)
        if answer.is_success:
            return Told()
        return Failed(f"the endpoint answered {answer.status}", answer.retry_after)
