"""`python -m delivery`: one instance of the delivery service, until SIGTERM or SIGINT."""

import logging

import uvloop

from delivery.app import serve
from delivery.settings import Settings
from producer_api.contract.settings import load
from runtime.logs import set_up_logs


def main() -> None:
    """Read the settings, and serve. A part that dies ends the process, telling of what."""
    settings = load(Settings)
    set_up_logs(settings.log_level)
    try:
        uvloop.run(serve(settings))
    except Exception as error:
        logging.getLogger("delivery").exception("ended by a fault")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
