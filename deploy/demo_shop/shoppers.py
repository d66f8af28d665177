"""The shoppers of the demo, by user id, and the language of each."""

from deploy.demo_shop.formats import DEFAULT_LANGUAGE, Language, language_of

SHOPPERS = {"ana": "Ana García", "luis": "Luis Fernández", "carmen": "Carmen Ortiz"}


class Languages:
    """Owns the language of each shopper: the last one that the shopper's page has sent."""

    def __init__(self) -> None:
        self._languages: dict[str, Language] = {}

    def of(self, user_id: str) -> Language:
        """Return the language of this shopper."""
        return self._languages.get(user_id, DEFAULT_LANGUAGE)

    def note(self, user_id: str, tag: str | None) -> Language:
        """Remember the language if the page has sent one, and return the shopper's language."""
        if tag is not None and user_id in SHOPPERS:
            self._languages[user_id] = language_of(tag)
        return self.of(user_id)
