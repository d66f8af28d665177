"""`python -m deploy.local.scale N`: so many delivery instances in the stack that runs."""

import sys

from deploy.local.control import NoStackError, ask
from deploy.local.instances import ScaleError
from deploy.local.settings import MAX_INSTANCES, load_local
from runtime.settings import EXIT_BAD_SETTINGS

_EXIT_FAILED = 1


def main(arguments: list[str]) -> int:
    """Ask for it, and print what happens."""
    match arguments:
        case [count] if count.isdecimal() and 1 <= int(count) <= MAX_INSTANCES:
            pass
        case _:
            sys.stderr.write(f"usage: make scale N=3  (from 1 to {MAX_INSTANCES})\n")
            return EXIT_BAD_SETTINGS
    try:
        for line in ask(load_local().local_data, int(count)):
            print(line, flush=True)
    except (NoStackError, ScaleError) as error:
        sys.stderr.write(f"cannot scale: {error}\n")
        return _EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
