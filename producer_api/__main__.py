"""`python -m producer_api`: run the producer API until SIGTERM or SIGINT."""

import sys

from runtime.early_stop import end_at_sigterm


def main() -> int:
    """Run the API, in this process or in several workers. Return the exit status."""
    end_at_sigterm()
    from producer_api.settings import Settings  # noqa: PLC0415 - see `end_at_sigterm`
    from runtime.settings import load  # noqa: PLC0415

    settings = load(Settings)
    # Import only what this process runs. This saves the parent of several workers two thirds of
    # its memory, and it starts the workers a second earlier.
    if settings.producer_api_workers > 1:
        from producer_api.parent import run_workers  # noqa: PLC0415

        return run_workers(settings)
    from producer_api.single import run_alone  # noqa: PLC0415

    return run_alone(settings)


if __name__ == "__main__":
    sys.exit(main())
