"""Tells by Web Push (RFC 8030): one encrypted message to each browser of the user."""

import asyncio
import logging
from collections import Counter
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from delivery.away import metrics
from delivery.away.calls.endpoint_client import CallFailedError, EndpointClient
from delivery.away.calls.guarded_network import RefusedAddressError, RefusedHostError
from delivery.away.core.entry import Entry
from delivery.away.core.messages import (
    push_payload,
    push_tag,
    push_topic,
    push_ttl,
    push_urgency,
)
from delivery.away.store.push_subscriptions import PushSubscriptions
from delivery.away.ways.outcome import Busy, Failed, NoRecipient, Outcome, Told
from delivery.away.ways.push_encryption import Vapid, encrypted
from producer_api.contract.notification import Document
from producer_api.contract.push_subscription import PushSubscription

_log = logging.getLogger(__name__)

_ENDED = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
#: One push service may use the number of slots divided by this.
_PART_OF_HOST = 4


class PushWay:
    """Sends to the subscriptions of users. Owns the count of calls under way at each host.

    The endpoints come from browsers, so any host may be among them. A host that hangs uses only its
    own part of the slots.
    """

    def __init__(
        self,
        subscriptions: PushSubscriptions,
        vapid: Vapid,
        client: EndpointClient,
        ttl: int,
        slots: int,
    ) -> None:
        self._subscriptions = subscriptions
        self._vapid = vapid
        self._client = client
        self._ttl = ttl
        self._most_of_host = max(1, slots // _PART_OF_HOST)
        self._under_way: Counter[str] = Counter()

    async def tell(self, entry: Entry, document: Document, now: datetime) -> Outcome:
        """Send the notification to each of the user's browsers that has not got it yet.

        Raises `pymongo.errors.PyMongoError`.
        """
        found = await self._subscriptions.of(entry.user)
        rest = [each for each in found if each["_id"] not in entry.told]
        # Wait for all of them before raising the error of one, so that none keeps running
        # unnoticed.
        sends = (self._send(each, document, now) for each in rest)
        outcomes = await asyncio.gather(*sends, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        told = tuple(
            each["_id"]
            for each, outcome in zip(rest, outcomes, strict=True)
            if isinstance(outcome, Told)
        )
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                return outcome._replace(told=told)
        if any(isinstance(outcome, Busy) for outcome in outcomes):
            return Busy(told)
        return Told() if told or entry.told else NoRecipient()

    async def _send(
        self, subscription: PushSubscription, document: Document, now: datetime
    ) -> Outcome:
        try:
            host = urlsplit(subscription["endpoint"]).netloc
        except ValueError:
            # The producer API checks endpoints, so this one is damaged. An error would hide which
            # browsers have got the message, and they would get it again at each retry.
            return await self._end(subscription, "address")
        if self._under_way[host] >= self._most_of_host:
            return Busy()
        self._under_way[host] += 1
        try:
            return await self._post(subscription, document, now)
        finally:
            self._under_way[host] -= 1
            if not self._under_way[host]:
                del self._under_way[host]

    async def _post(
        self, subscription: PushSubscription, document: Document, now: datetime
    ) -> Outcome:
        endpoint, payload = subscription["endpoint"], push_payload(document)
        try:
            body = encrypted(payload, subscription)
            headers = {
                "Authorization": self._vapid.authorization(endpoint),
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "TTL": str(push_ttl(document, now, self._ttl)),
                "Urgency": push_urgency(document),
                "Topic": push_topic(push_tag(document)),
            }
            answer = await self._client.post(endpoint, headers, body)
        except RefusedHostError:
            return await self._end(subscription, "address")
        except (CallFailedError, RefusedAddressError) as error:
            # A name server may give a private address once, by mistake. Keep the subscription:
            # without it, the shopper would get no Web Push again until they subscribe again.
            return Failed(str(error))
        except ValueError:  # malformed keys: the producer API checks them, so this one is damaged
            return await self._end(subscription, "keys")
        if answer.status in _ENDED:
            return await self._end(subscription, "ended")
        if answer.is_success:
            return Told()
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            fields = {"host": urlsplit(endpoint).hostname, "status": answer.status}
            _log.error("push service refuses our key", extra=fields)
        return Failed(f"the push service answered {answer.status}", answer.retry_after)

    async def _end(self, subscription: PushSubscription, cause: str) -> Outcome:
        await self._subscriptions.remove(subscription)
        metrics.SUBSCRIPTIONS_DROPPED.labels(cause).inc()
        return NoRecipient()
