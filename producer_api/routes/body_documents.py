"""What the OpenAPI document says about JSON bodies, including how large they may be."""

from typing import Any

#: The member of a `requestBody` that has its size limit. `openapi_document` repeats the limit in
#: the 413.
MAX_BYTES = "x-max-bytes"


def json_body(schema: str, limit: int, *, required: bool, note: str = "") -> dict[str, Any]:
    """Return the `requestBody` for a body of at most `limit` bytes."""
    body: dict[str, Any] = {
        "description": f"At most {limit:,} bytes.{note and f' {note}'}",
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
        MAX_BYTES: limit,
    }
    return {"required": True, **body} if required else body


def name_limit(operation: dict[str, Any]) -> None:
    """Write this operation's limit into its 413, because the shared example names another limit."""
    limit = operation["requestBody"][MAX_BYTES]
    response = operation["responses"]["413"]
    response["description"] = f"The body has more than {limit:,} bytes"
    detail = f"the body must have at most {limit} bytes"
    for media in response["content"].values():
        # Operations share the examples, so write a copy.
        media["examples"] = {
            name: {"value": example["value"] | {"detail": detail}}
            for name, example in media["examples"].items()
        }
