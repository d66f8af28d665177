"""Models of the bodies for Web Push. The docstrings become part of the OpenAPI document."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from producer_api.contract.push_keys import check_auth, check_public_key

_EXAMPLE: dict[str, Any] = {
    "endpoint": "https://push.example/v1/9f1c",
    "expirationTime": None,
    "keys": {
        "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1Xb"
        "jhazAkj7I99e8QcYP7DkM",
        "auth": "tBHItJI5svbpez7KI4CCXg",
    },
}

Endpoint = Annotated[
    str,
    Field(min_length=1, max_length=2_048, description="The URL of the push service, https only."),
]


class SubscriptionKeys(BaseModel):
    """The browser's keys, in URL-safe base64."""

    p256dh: Annotated[str, Field(max_length=100), AfterValidator(check_public_key)]
    auth: Annotated[str, Field(max_length=100), AfterValidator(check_auth)]


class WantedSubscription(BaseModel):
    """A browser's `PushSubscription`, as its `toJSON()` returns it. Other fields are ignored."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    endpoint: Endpoint
    keys: SubscriptionKeys


class EndedSubscription(BaseModel):
    """The subscription to remove. Its `toJSON()` is enough. Other fields are ignored."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"endpoint": _EXAMPLE["endpoint"]}]})

    endpoint: Endpoint | None = None


class ShownPushKey(BaseModel):
    """The key for `pushManager.subscribe`, null if Web Push is not configured."""

    public_key: str | None
