"""All types of problem, with their statuses, for the answers and the OpenAPI document.

`problem_of_exception` says which exception is answered with which type.
"""

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A type of problem. `detail` is an example of its text."""

    status: HTTPStatus
    detail: str


#: By slug, the last part of the `type` URN. The first type of a status is its default. The
#: answer to an `HTTPException` has the default type, because the exception has only a status.
TYPES = {
    "bad-request": ProblemType(HTTPStatus.BAD_REQUEST, "Disallowed CORS origin"),
    "malformed-idempotency-key": ProblemType(
        HTTPStatus.BAD_REQUEST, "the idempotency key must have 1 to 255 characters"
    ),
    "unauthenticated": ProblemType(HTTPStatus.UNAUTHORIZED, "the token has expired"),
    "forbidden": ProblemType(HTTPStatus.FORBIDDEN, "a shopper can reach only what is their own"),
    "not-found": ProblemType(HTTPStatus.NOT_FOUND, "there is nothing at this address"),
    "method-not-allowed": ProblemType(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "this address does not support the method PUT; "
        "the Allow header lists the methods that it supports",
    ),
    "too-slow": ProblemType(
        HTTPStatus.REQUEST_TIMEOUT, "the body did not arrive within 20 seconds"
    ),
    "in-progress": ProblemType(
        HTTPStatus.CONFLICT, "a request with this idempotency key is in progress"
    ),
    "gone": ProblemType(
        HTTPStatus.GONE, "the notification that this request created no longer exists"
    ),
    "too-large": ProblemType(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body must have at most 65536 bytes"
    ),
    "unsupported-media-type": ProblemType(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "the Content-Type must be application/json; it is text/plain",
    ),
    "invalid": ProblemType(HTTPStatus.UNPROCESSABLE_ENTITY, "title: Field required"),
    "idempotency-key-reused": ProblemType(
        HTTPStatus.UNPROCESSABLE_ENTITY, "the idempotency key was used for another request"
    ),
    "too-many-requests": ProblemType(
        HTTPStatus.TOO_MANY_REQUESTS, "more than 300 requests in 10 seconds; try again in 7 seconds"
    ),
    "internal": ProblemType(HTTPStatus.INTERNAL_SERVER_ERROR, "an unexpected error occurred"),
    "not-storable": ProblemType(
        HTTPStatus.INTERNAL_SERVER_ERROR, "the notification cannot be stored"
    ),
    "unavailable": ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE, "the inbox cannot be reached; try again later"
    ),
    "outcome-unknown": ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE, "the notification may have been created"
    ),
    "not-ready": ProblemType(HTTPStatus.SERVICE_UNAVAILABLE, "Kafka: does not answer"),
}

#: The default slug of each status.
SLUGS = {problem_type.status: slug for slug, problem_type in reversed(TYPES.items())}
