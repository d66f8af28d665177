"""What is wrong when a program cannot use MongoDB, in a line that names the setting."""

from pymongo.errors import OperationFailure, PyMongoError

_UNAUTHORIZED, _USER_NOT_FOUND, _AUTHENTICATION_FAILED = 13, 11, 18
_REFUSALS = {_UNAUTHORIZED, _USER_NOT_FOUND, _AUTHENTICATION_FAILED}
#: PyMongo adds these to its messages: the whole answer, and the state of each server.
_DETAILS = (", full error:", ", Topology Description:", ", Timeout:")


def mongo_problem(error: PyMongoError) -> str:
    """Return the error in words. Those of a refusal begin with `MONGO_URL`."""
    text = str(error)
    for details in _DETAILS:
        text = text.partition(details)[0]
    return f"{_cause(error, text)}{text}" if text else repr(error)


def _cause(error: PyMongoError, text: str) -> str:
    if isinstance(error, OperationFailure) and error.code in _REFUSALS:
        return "MONGO_URL: MongoDB does not accept its user, or the user lacks a right: "
    if "Hostname mismatch" in text or "IP address mismatch" in text:
        return "MONGO_URL: the certificate of a server is for another name: "
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "MONGO_URL: tlsCAFile does not have the authority of a server's certificate: "
    return ""
