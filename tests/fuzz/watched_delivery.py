"""`python -m tests.fuzz.watched_delivery`: a delivery instance that logs what holds its event loop.

Only the fuzzers run it: it wakes up a hundred times a second.
"""

import sys

from delivery.app import build
from delivery.settings import Settings
from runtime.lifecycle import Program, run
from runtime.logs import set_up_logs
from runtime.settings import load
from tests.fuzz.turn_watch import TurnWatch


def _watched(settings: Settings) -> Program:
    TurnWatch().begin()
    return build(settings)


if __name__ == "__main__":
    settings = load(Settings)
    set_up_logs(settings.log_level)
    sys.exit(run(lambda: _watched(settings)))
