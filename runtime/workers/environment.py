"""The environment of the workers, which is the same for those that start later."""

from collections.abc import Iterable, Mapping


def environment_of_workers(
    environ: Mapping[str, str], dotenv: Mapping[str, str | None], settings: Iterable[str]
) -> dict[str, str]:
    """Return the environment, with the settings that it lacks added from the `.env` file.

    A worker reads no `.env` file itself. If the file has changed, a worker that is started again
    must not have other settings than the running ones. An empty variable counts as missing, as it
    does in the parent.
    """
    names = {name.upper() for name in settings}
    have = {name.upper() for name, value in environ.items() if value}
    added = {
        name.upper(): value
        for name, value in dotenv.items()
        if value and name.upper() in names - have
    }
    return {**environ, **added}
