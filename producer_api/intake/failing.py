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
    """Turn an error into the answer of the callers of the batch. Raises only `CancelledError`."""
    try:
        yield
    except CommitUnknownError as error:
        _log.warning("batch outcome unknown", extra={"cause": str(error)})
        batch.fail(OutcomeUnknownError("MongoDB did not confirm the creation"))
    except PyMongoError as error:
        _log.warning("batch not written", extra={"cause": str(error)})
        batch.fail(BusyError("the inbox cannot be written to now"))
    except Exception:  # noqa: BLE001
        # Something that nobody foresaw, such as damaged data of one user. Ending the process
        # would not help: its callers try again, and the next process would end as well.
        _log.exception("batch failed")
        batch.fail(OutcomeUnknownError("an unexpected error occurred"))
    except asyncio.CancelledError:
        batch.fail(OutcomeUnknownError("the program is stopping"))
        raise
