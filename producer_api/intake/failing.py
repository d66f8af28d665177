"""Answers the callers of a batch that could not be created."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import PyMongoError

from producer_api.intake.batch import Batch
from producer_api.intake.outcomes import BusyError, OutcomeUnknownError
from producer_api.mongodb.transactions import CommitUnknownError

_log = logging.getLogger(__name__)


@contextmanager
def failing(batch: Batch) -> Iterator[None]:
    """Turn an error into the answer to the callers of the batch.

    Raises only the `CancelledError` of a task that is cancelled because the program stops.
    """
    try:
        yield
    except CommitUnknownError as error:
        _log.warning("batch outcome unknown", extra={"cause": str(error)})
        batch.fail(OutcomeUnknownError("MongoDB did not confirm the creation"))
    except PyMongoError as error:
        _log.warning("batch not written", extra={"cause": str(error)})
        batch.fail(BusyError("the inbox cannot be written to now"))
    except Exception:  # noqa: BLE001
        _fail_unexpectedly(batch)
    except asyncio.CancelledError:
        if not _is_stopping():
            return _fail_unexpectedly(batch)
        for request in batch.requests:
            kind = OutcomeUnknownError if request.may_be_written else BusyError
            request.fail(kind("the program is stopping"))
        raise


def _is_stopping() -> bool:
    """Return whether this task was asked to end.

    If not, a library has let the `CancelledError` of one of its own tasks escape.
    """
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _fail_unexpectedly(batch: Batch) -> None:
    """Log the current, unexpected error, and fail the batch. Damaged data may cause such errors.

    Ending the process would not help: its callers would try again, and the next process would end,
    too.
    """
    _log.exception("batch failed")
    batch.fail(OutcomeUnknownError("an unexpected error occurred"))
