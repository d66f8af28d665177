"""The texts of the tour, in Spanish and English. Both have the same keys and placeholders."""

from collections.abc import Mapping
from typing import NamedTuple

from deploy.tour.words.en import WORDS as _ENGLISH
from deploy.tour.words.es import WORDS as _SPANISH

LANGUAGES: Mapping[str, Mapping[str, str]] = {"es": _SPANISH, "en": _ENGLISH}


class Words(NamedTuple):
    """The texts of one language."""

    language: str

    def text(self, key: str, **values: object) -> str:
        """Return the text with its placeholders filled in."""
        return LANGUAGES[self.language][key].format(**values)
