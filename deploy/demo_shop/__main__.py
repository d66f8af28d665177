"""`python -m deploy.demo_shop`: serve the shop. `--user ana` sends the states of one order."""

import argparse
import sys

from runtime.early_stop import end_at_sigterm


def main() -> int:
    """Serve the shop, or send one order's states. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo_shop", description=__doc__)
    parser.add_argument(
        "--user", metavar="ID", help="send the notifications of one order to this shopper"
    )
    parser.add_argument(
        "--pause",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="pause between the order's states; default: %(default)s",
    )
    parser.add_argument(
        "--language", default="es", metavar="TAG", help="es or en; default: %(default)s"
    )
    parser.add_argument(
        "--kinds", action="store_true", help="send one notification of each kind instead"
    )
    arguments = parser.parse_args()
    if arguments.user is None:
        end_at_sigterm()
        from deploy.demo_shop.serve import serve  # noqa: PLC0415 - see `end_at_sigterm`

        return serve()
    from deploy.demo_shop.send_order import send_order  # noqa: PLC0415 - only what is needed

    return send_order(arguments)


if __name__ == "__main__":
    sys.exit(main())
