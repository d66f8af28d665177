"""The settings and the output of a tool that a test calls."""

import io

from rich.console import Console

from delivery.tools.settings import ToolSettings


class Screen:
    """The settings and the output of a tool."""

    def __init__(self, env: dict[str, str]) -> None:
        values = {name.lower(): value for name, value in env.items()}
        self.settings = ToolSettings.model_validate(values)
        self._text = io.StringIO()
        self.console = Console(file=self._text, width=160)

    def read(self) -> str:
        """Return the output since the last call."""
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text
