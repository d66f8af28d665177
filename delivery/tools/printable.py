"""Makes texts of other programs safe to print: records, user ids, and addresses of members."""

from rich.markup import escape


def printable(text: str) -> str:
    """Return the text with escapes instead of characters that a terminal may obey.

    Anybody who may write to a topic chooses such a text. It could clear the operator's screen, or
    show other lines than there are.
    """
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def cell(text: str) -> str:
    """Return the text for a cell of rich's tables, which would read `[/]` as markup."""
    return escape(printable(text))
