"""Reads the settings of a program, and refuses bad ones."""

import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

#: Exit status of a program that does not start because a setting is missing or malformed.
EXIT_BAD_SETTINGS = 2

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load(settings: Callable[[], SettingsT]) -> SettingsT:
    """Read the settings from the environment, by calling their class.

    If any setting is bad, writes one line for each bad variable to standard error, and exits with
    `EXIT_BAD_SETTINGS`.
    """
    try:
        return settings()
    except ValidationError as error:
        _refuse(error)


def _refuse(error: ValidationError) -> NoReturn:
    sys.stderr.write("cannot start:\n")
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        variable = "_".join(str(part) for part in problem["loc"][:1]).upper()
        message = problem["msg"].removeprefix("Value error, ")
        sys.stderr.write(f"  {variable}: {message}\n" if variable else f"  {message}\n")
    raise SystemExit(EXIT_BAD_SETTINGS)
