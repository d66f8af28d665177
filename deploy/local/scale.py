"""`python -m deploy.local.scale N`: set the number of delivery instances of the running stack."""

import asyncio
import sys

from deploy.local.ask import FailedError, NoStackError, Request
from deploy.local.settings import MAX_INSTANCES, load_local
from deploy.local.stop_signals import heed_interrupts
from runtime.settings import EXIT_BAD_SETTINGS

_EXIT_FAILED = 1
_EXIT_INTERRUPTED = 130
_COUNTS = frozenset(map(str, range(1, MAX_INSTANCES + 1)))


def main(arguments: list[str]) -> int:
    """Ask the running stack for this number of instances, and print each step."""
    match arguments:
        case [count] if count in _COUNTS:
            pass
        case _:
            sys.stderr.write(f"usage: make scale N=3  (from 1 to {MAX_INSTANCES})\n")
            return EXIT_BAD_SETTINGS
    try:
        asyncio.run(_scale(count))
    except FailedError:
        return _EXIT_FAILED
    except NoStackError as error:
        sys.stderr.write(f"cannot scale: {error}\n")
        return _EXIT_FAILED
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    return 0


async def _scale(count: str) -> None:
    async with Request.opened(load_local().local_data, f"scale {count}") as request:
        async for step in request.lines():
            print(step, flush=True)


if __name__ == "__main__":
    heed_interrupts()
    sys.exit(main(sys.argv[1:]))
