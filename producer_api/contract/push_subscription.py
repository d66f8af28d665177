"""A browser's subscription to Web Push, in MongoDB's collection `push_subscriptions`.

The producer API stores and removes subscriptions for shoppers. The away program reads them, and
removes those that the push service has ended.
"""

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import TypedDict

COLLECTION = "push_subscriptions"


class PushSubscription(TypedDict):
    """A document of the collection."""

    _id: str
    """`subscription_id` of the endpoint. So a browser has one document: its last subscriber's."""
    user_id: str
    endpoint: str
    p256dh: str
    """The browser's public key, in URL-safe base64 without padding."""
    auth: str
    """The secret that the browser and its senders share, also in URL-safe base64."""
    created_at: datetime
    """By MongoDB's clock."""


def subscription_id(endpoint: str) -> str:
    """Return the id of the subscription with this endpoint."""
    return urlsafe_b64encode(hashlib.sha256(endpoint.encode()).digest()).decode().rstrip("=")
