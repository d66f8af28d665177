"""Money and days as the shopper's language writes them."""

from datetime import date
from typing import Literal

Language = Literal["es", "en"]

DEFAULT_LANGUAGE: Language = "es"

_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_WEEKDAYS = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "en": "January February March April May June July August September October November December",
}


def language_of(tag: str) -> Language:
    """Return the shop's language for a BCP 47 tag: English for `en-GB`, Spanish for all others."""
    return "en" if tag.split("-", maxsplit=1)[0].lower() == "en" else DEFAULT_LANGUAGE


def money(cents: int, language: Language) -> str:
    """Return an amount in euros: `49,90 €` or `€49.90`."""
    plain = f"{cents // 100}.{cents % 100:02}"
    if language == "en":
        return f"€{plain}"
    return f"{plain.replace('.', ',')}{_NO_BREAK_SPACE}€"


def day(moment: date, language: Language) -> str:
    """Return a day without its year: `jueves 3 de diciembre` or `Thursday 3 December`."""
    weekday = _WEEKDAYS[language][moment.weekday()]
    month = _MONTHS[language].split()[moment.month - 1]
    separator = " de " if language == "es" else " "
    return f"{weekday} {moment.day}{separator}{month}"
