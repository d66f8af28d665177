"""Which errors let a transaction begin again, or its commit be sent again."""

import pytest
from pymongo.errors import OperationFailure, PyMongoError

from producer_api.mongodb.transactions import CommitAttempts, until_no_transient_error

_INTERRUPTED = OperationFailure("operation was interrupted", 11_601)
_CONFLICT = OperationFailure(
    "write conflict", 112, {"errorLabels": ["TransientTransactionError"], "code": 112}
)
_NO_ANSWER = OperationFailure("no answer", 0, {"errorLabels": ["UnknownTransactionCommitResult"]})
_REFUSED = OperationFailure("not allowed", 13)


@pytest.mark.parametrize("error", [_INTERRUPTED, _CONFLICT])
async def test_a_transaction_begins_again_if_an_error_proves_that_it_was_aborted(
    error: PyMongoError,
) -> None:
    errors = [error, error]

    async def attempt() -> str:
        if errors:
            raise errors.pop()
        return "done"

    assert await until_no_transient_error(attempt) == "done"


async def test_a_transaction_does_not_begin_again_after_another_error() -> None:
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        raise _REFUSED

    with pytest.raises(OperationFailure, match="not allowed"):
        await until_no_transient_error(attempt)
    assert attempts == 1


@pytest.mark.parametrize("error", [_INTERRUPTED, _NO_ANSWER])
def test_a_commit_whose_result_is_unknown_is_sent_again(error: PyMongoError) -> None:
    assert CommitAttempts().pause_after(error) > 0


@pytest.mark.parametrize("error", [_CONFLICT, _REFUSED])
def test_a_commit_that_failed_is_not_sent_again(error: PyMongoError) -> None:
    with pytest.raises(OperationFailure):
        CommitAttempts().pause_after(error)
