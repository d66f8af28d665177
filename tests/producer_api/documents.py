"""Documents of the collection `notifications`, for tests."""

from datetime import UTC, datetime
from typing import Any, cast

from producer_api.contract.notification import Document


def document(**fields: Any) -> Document:
    """Return an unseen notification with these fields changed."""
    base: Document = {
        "_id": "0198c0de-0000-7000-8000-000000000001",
        "user_id": "ana",
        "type": "order.shipped",
        "title": "Pedido despachado",
        "body": "",
        "data": "{}",
        "action_url": None,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "expires_at": None,
        "collapse_key": None,
        "delivered_at": None,
        "seen_at": None,
        "read_at": None,
        "archived_at": None,
        "superseded_by": None,
    }
    return cast("Document", {**base, **fields})
