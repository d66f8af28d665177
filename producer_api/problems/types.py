"""Every type of problem there is, for answering and for the OpenAPI document."""

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of error; `detail` is an example of what it says."""

    status: HTTPStatus
    detail: str


#: By the last part of their `type`; the first of a status is the one it has where none is said.
TYPES = {
    "bad-request": ProblemType(HTTPStatus.BAD_REQUEST, "Disallowed CORS origin"),
    "malformed-idempotency-key": ProblemType(
        HTTPStatus.BAD_REQUEST, "the idempotency key must have 1 to 255 characters"
    ),
    "unauthenticated": ProblemType(HTTPStatus.UNAUTHORIZED, "the token has expired"),
    "forbidden": ProblemType(
        HTTPStatus.FORBIDDEN, "a shopper reaches only their own notifications"
    ),
    "not-found": ProblemType(HTTPStatus.NOT_FOUND, "There is nothing at this address."),
    "method-not-allowed": ProblemType(
        HTTPStatus.METHOD_NOT_ALLOWED, "PUT is not possible at this address."
    ),
    "too-slow": ProblemType(
        HTTPStatus.REQUEST_TIMEOUT, "the body did not arrive within 20 seconds"
    ),
    "in-progress": ProblemType(
        HTTPStatus.CONFLICT, "a request with this idempotency key is under way"
    ),
    "gone": ProblemType(
        HTTPStatus.GONE, "the notification that this request created exists no more"
    ),
    "too-large": ProblemType(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body must be at most 65536 bytes"
    ),
    "unsupported-media-type": ProblemType(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be sent as application/json"
    ),
    "invalid": ProblemType(HTTPStatus.UNPROCESSABLE_ENTITY, "title: Field required"),
    "idempotency-key-reused": ProblemType(
        HTTPStatus.UNPROCESSABLE_ENTITY, "the idempotency key was used for another request"
    ),
    "too-many-requests": ProblemType(
        HTTPStatus.TOO_MANY_REQUESTS, "more than 300 requests in 10 seconds"
    ),
    "internal": ProblemType(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here."),
    "not-storable": ProblemType(
        HTTPStatus.INTERNAL_SERVER_ERROR, "the notification cannot be stored"
    ),
    "unavailable": ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE, "the inbox cannot be written to now"
    ),
    "outcome-unknown": ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE, "the notification may have been created"
    ),
    "not-ready": ProblemType(HTTPStatus.SERVICE_UNAVAILABLE, "Kafka: does not answer"),
}

SLUGS = {problem_type.status: slug for slug, problem_type in reversed(TYPES.items())}
