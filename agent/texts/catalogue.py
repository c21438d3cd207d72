"""The text catalogue: a key and figures become a sentence in the reader's language.

The English sentence is the source (`agent.texts.en`, one file a family). Other languages
are gettext translations of it, with the key as context, so that one English sentence may
be translated differently in two places.

A view must never fail because a text does: an unknown key is shown as itself, a missing
figure as its name. Tests find both before a person does.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from string import Formatter
from typing import Any, Final

from agent.base.coded import Coded
from agent.base.money import UnknownCurrencyError, currency_of, format_amount
from agent.texts.en import TEXTS

# The figure that says in which currency the amounts of the same sentence are.
CURRENCY: Final = "currency"
# The figure that chooses between the singular and the plural of a sentence.
COUNT: Final = "count"
# The format that turns an integer of minor units into "12.50 EUR": `{amount:money}`.
MONEY: Final = "money"


class Catalogue:
    """The sentences of one language."""

    def __init__(self, translations: gettext.NullTranslations | None = None) -> None:
        self._translations = translations or gettext.NullTranslations()

    def say(self, key: str, /, **figures: object) -> str:
        """The sentence of a key with its figures filled in. It never raises."""
        return _Filler(figures).vformat(self._pattern(key, figures), (), figures)

    def _pattern(self, key: str, figures: Mapping[str, object]) -> str:
        english = TEXTS.get(key)
        if english is None:
            return "".join([key, *(f" {name}={{{name}}}" for name in sorted(figures))])
        if isinstance(english, str):
            return self._translations.pgettext(key, english)
        count = figures.get(COUNT)
        return self._translations.npgettext(key, *english, count if isinstance(count, int) else 0)


class _Filler(Formatter):
    """`str.format` for sentences: money in the figures' own currency, and no error for what is missing."""

    def __init__(self, figures: Mapping[str, object]) -> None:
        self._currency = figures.get(CURRENCY)

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002 - Formatter's own shape
        return kwargs.get(str(key), f"{{{key}}}")

    def get_field(self, field_name: str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        # Figures are looked up whole: a text cannot reach into an object.
        return self.get_value(field_name, args, kwargs), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Coded):
            return tell(value)
        if format_spec == MONEY:
            return self._money(value)
        try:
            return format(value, format_spec)
        except (TypeError, ValueError):
            return str(value)

    def _money(self, value: object) -> str:
        if type(value) is not int:
            return str(value)
        try:
            currency = currency_of(str(self._currency))
        except UnknownCurrencyError:
            return f"{value} {self._currency}"
        return f"{format_amount(value, currency)} {currency}"


_english: Final = Catalogue()


def say(key: str, /, **figures: object) -> str:
    """The English sentence of a key."""
    return _english.say(key, **figures)


def tell(what: object) -> str:
    """The sentence of anything that carries a code and figures; of anything else its own text."""
    return say(what.code, **what.figures) if isinstance(what, Coded) else str(what)
