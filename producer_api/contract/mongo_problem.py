"""Says in one line why a program cannot use MongoDB, and names the setting."""

from pymongo.errors import OperationFailure, PyMongoError

_UNAUTHORIZED, _USER_NOT_FOUND, _AUTHENTICATION_FAILED = 13, 11, 18
_REFUSALS = {_UNAUTHORIZED, _USER_NOT_FOUND, _AUTHENTICATION_FAILED}
#: PyMongo adds these to its messages: the whole answer, and the state of each server.
_DETAILS = (", full error:", ", Topology Description:", ", Timeout:")


def mongo_problem(error: PyMongoError) -> str:
    """Return the error in words. The text of a refusal begins with `MONGO_URL`."""
    return refusal(error) or _text_of(error) or repr(error)


def refusal(error: PyMongoError) -> str:
    """Return why MongoDB refuses the user, or the program refuses the certificate; else ""."""
    text = _text_of(error)
    cause = _cause(error, text)
    return f"{cause}: {text}" if cause else ""


def _text_of(error: PyMongoError) -> str:
    text = str(error)
    for details in _DETAILS:
        text = text.partition(details)[0]
    return text


def _cause(error: PyMongoError, text: str) -> str:
    if isinstance(error, OperationFailure) and error.code in _REFUSALS:
        return "MONGO_URL: MongoDB does not accept its user, or the user lacks a right"
    if "Hostname mismatch" in text or "IP address mismatch" in text:
        return "MONGO_URL: the certificate of a server is for another name"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "MONGO_URL: tlsCAFile does not have the authority of a server's certificate"
    return ""
