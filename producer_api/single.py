"""The producer API as one process."""

from producer_api.app import build
from producer_api.settings import Settings
from runtime.lifecycle import run
from runtime.logs import set_up_logs


def run_alone(settings: Settings) -> int:
    """Run the API in this process. Return the exit status that `runtime.lifecycle` defines."""
    set_up_logs(settings.log_level)
    return run(lambda: build(settings))
