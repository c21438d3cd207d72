"""How one value of a settings file is read: its type, what is checked, and what an error calls it."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final, Literal, Protocol, Union, get_args, get_origin

from msgspec import Meta

from agent.base.money import (
    AmountError,
    Currency,
    UnknownCurrencyError,
    currency_of,
    format_amount,
    parse_amount,
)
from agent.base.typed import NAME_PATTERN
from agent.rules.policy import AMOUNT, Opening
from agent.texts import say, tell

# A value longer than this says no more to the person who wrote it, and a card number is longer.
MAX_QUOTED_CHARACTERS: Final = 12

# Far above any real list (users, groups, quirks); a slip with a generator stops here.
MAX_LIST_ITEMS: Final = 32

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)
# Whom persons name (people, tills): in any script.
PERSONS_NAME: Final = re.compile(NAME_PATTERN)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class ValueCheck(Protocol):
    """What is said beside a type: by `msgspec.Meta`, or by a driver of its own keys."""

    @property
    def description(self) -> str | None:
        """What an error calls it: the unit of a number, the form of a text.

        A word or two, or a key of the text catalogue.
        """

    @property
    def ge(self) -> float | None:
        """The least number."""

    @property
    def le(self) -> float | None:
        """The greatest number."""

    @property
    def pattern(self) -> str | None:
        """What a text fits."""

    @property
    def examples(self) -> Sequence[Any] | None:
        """Right values, of which an error shows the first."""

    @property
    def extra(self) -> Mapping[str, Any] | None:
        """`secret`: whether the value is never quoted."""


class WrongValueError(Exception):
    """A value that does not fit: what was found, what is expected, and why, if a word helps."""

    def __init__(self, found: str, expected: str, why: str) -> None:
        super().__init__(found)
        self.found, self.expected, self.why = found, expected, why


def seen(value: object, secret: bool = False) -> str:
    """What stands in the file, short, and without a value that is secret or may be a card number."""
    if isinstance(value, str):
        if secret or len(value) > MAX_QUOTED_CHARACTERS:
            return say("settings.seen.long_text", length=len(value))
        return f"the text {value!a}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number" if secret or abs(value) >= 10**MAX_QUOTED_CHARACTERS else f"the number {value}"
    names = {
        list: "a list",
        dict: "a section",
        time: say("settings.seen.bare_time"),
        datetime: "a date",
        date: "a date",
    }
    return names.get(type(value), "another type")


@dataclass(frozen=True, slots=True)
class SettingKind:
    """How one type of setting is read: its base type and what is checked beside it."""

    base: Any
    meta: ValueCheck

    @classmethod
    def of(cls, hint: Any) -> SettingKind:
        """The kind behind a type annotation, `| None` taken off."""
        if get_origin(hint) in (Union, types.UnionType):
            hint = next(part for part in get_args(hint) if part is not type(None))
        if hasattr(hint, "__metadata__"):
            return cls(get_args(hint)[0], hint.__metadata__[0])
        return cls(hint, Meta())

    @property
    def secret(self) -> bool:
        """True for what is never quoted."""
        return bool((self.meta.extra or {}).get("secret"))

    def read(self, value: object, currency: Currency | None) -> object:
        """The typed value. Raises `WrongValueError`."""
        return self._reader()(self, value, currency)

    def expected(self, currency: Currency | None) -> str:
        """What belongs here, with its unit."""
        if self.meta is AMOUNT:
            return say("settings.form.amount", currency=currency or "the currency")
        if self.base is int:
            return say(
                "settings.form.whole_number",
                unit=say(self.meta.description or ""),
                least=self.meta.ge,
                most=self.meta.le,
            )
        if get_origin(self.base) is Literal:
            return " or ".join(f'"{choice}"' for choice in get_args(self.base))
        return say(self.meta.description or _EXPECTED[get_origin(self.base) or self.base][0])

    def example(self, currency: Currency | None) -> str:
        """A value in TOML that would be right."""
        if self.meta is AMOUNT:
            return f'"{format_amount(1250, currency)}"' if currency else '"12.50"'
        if self.meta.examples:
            given = self.meta.examples[0]
            return f'"{given}"' if isinstance(given, str) else str(given)
        if self.base is int:
            return str(self.meta.ge)
        if get_origin(self.base) is Literal:
            return f'"{get_args(self.base)[0]}"'
        return _EXPECTED[get_origin(self.base) or self.base][1]

    def wrong(self, value: object, currency: Currency | None = None, why: str = "") -> WrongValueError:
        """The error for a value that is not of this kind."""
        return WrongValueError(seen(value, self.secret), self.expected(currency), why)

    def _reader(self) -> _Read:
        if self.meta is AMOUNT:
            return _read_amount
        if get_origin(self.base) is Literal:
            return _read_choice
        return _READERS[get_origin(self.base) or self.base]


_Read = Callable[[SettingKind, object, Currency | None], object]


def _read_amount(kind: SettingKind, value: object, currency: Currency | None) -> int | None:
    if not isinstance(value, str):
        raise kind.wrong(value, currency, say("settings.number_could_be_rounded") + " ")
    if currency is None:
        return None
    try:
        return parse_amount(value, currency)
    except AmountError as error:
        sentence = tell(error)
        raise kind.wrong(value, currency, f"{sentence[0].upper()}{sentence[1:]}. ") from None


def _read_choice(kind: SettingKind, value: object, _: Currency | None) -> object:
    if not isinstance(value, str) or value not in get_args(kind.base):
        raise kind.wrong(value)
    return value


def _read_bool(kind: SettingKind, value: object, _: Currency | None) -> bool:
    if not isinstance(value, bool):
        raise kind.wrong(value)
    return value


def _read_int(kind: SettingKind, value: object, _: Currency | None) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise kind.wrong(value, why=say("settings.bare_number") + " ")
    low, high = kind.meta.ge, kind.meta.le
    if low is None or high is None or not low <= value <= high:
        raise kind.wrong(value)
    return value


def _read_text(kind: SettingKind, value: object, _: Currency | None) -> str:
    if not isinstance(value, str) or re.fullmatch(kind.meta.pattern or "(?s:.*)", value, re.ASCII) is None:
        raise kind.wrong(value)
    return value


def _read_path(kind: SettingKind, value: object, _: Currency | None) -> Path:
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
        raise kind.wrong(value)
    return Path(value)


def _read_time(kind: SettingKind, value: object, _: Currency | None) -> time:
    if not isinstance(value, str) or (found := _TIME.fullmatch(value)) is None:
        raise kind.wrong(value)
    return time(int(found[1]), int(found[2]))


def _read_opening(kind: SettingKind, value: object, _: Currency | None) -> Opening:
    try:
        return Opening.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise kind.wrong(value) from None


def _read_currency(kind: SettingKind, value: object, _: Currency | None) -> Currency:
    try:
        return currency_of(value if isinstance(value, str) else "")
    except UnknownCurrencyError:
        raise kind.wrong(value) from None


def _read_names(kind: SettingKind, value: object, _: Currency | None) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_LIST_ITEMS:
        raise kind.wrong(value)
    for item in value:
        if not isinstance(item, str) or NAME.fullmatch(item) is None:
            raise kind.wrong(item)
    return tuple(value)


_READERS: Final[Mapping[Any, _Read]] = {
    bool: _read_bool,
    int: _read_int,
    str: _read_text,
    Path: _read_path,
    time: _read_time,
    Opening: _read_opening,
    Currency: _read_currency,
    tuple: _read_names,
}

# What to expect, and an example, of the types that need no `Meta`.
_EXPECTED: Final[Mapping[Any, tuple[str, str]]] = {
    bool: ("settings.form.boolean", "true"),
    str: ("settings.form.text", '"text"'),
    Path: ("settings.form.path", '"/etc/tillgate/name"'),
    time: ("settings.form.time", '"04:00"'),
    Opening: ("settings.form.hours", '"09:00-12:30, 14:00-18:00"'),
    Currency: ("settings.form.currency", '"EUR"'),
    tuple: ("settings.form.names", '["name"]'),
}
