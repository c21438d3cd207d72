"""From the text of a settings file to typed sections, or to findings with line numbers.

All findings of a file are collected, so that the installer repairs it in one go.
Values marked as secret are never quoted, and unknown keys are named without value.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Meta

from agent.base.money import (
    AmountError,
    Currency,
    UnknownCurrencyError,
    currency_of,
    format_amount,
    parse_amount,
)
from agent.rules.policy import AMOUNT, Opening

# A value longer than this says no more to the person who wrote it, and a card number is longer.
MAX_QUOTED_CHARACTERS: Final = 12

# Far above any real list (users, groups, quirks); a slip with a generator stops here.
MAX_LIST_ITEMS: Final = 32

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True)
class SettingsFinding:
    """One thing that is wrong in a settings file, for the person who edits it."""

    file: str
    line: int
    key: str
    found: str
    expected: str
    next_step: str

    def __str__(self) -> str:
        return (
            f"{self.file}, line {self.line}: {self.key}: found {self.found}; "
            f"expected {self.expected}. {self.next_step}"
        )


class SettingsError(Exception):
    """A settings file that the agent does not start with. `findings` has at least one."""

    def __init__(self, findings: tuple[SettingsFinding, ...]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


class SourceLines:
    """Where each key of a TOML text stands. tomllib checks the text but forgets its lines."""

    _HEADER: Final = re.compile(r"\s*\[{1,2}([^\]=]+)\]{1,2}\s*(?:#.*)?")
    _KEY: Final = re.compile(r"""[A-Za-z0-9_."'\- \t]+""")

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, ...], int] = {}
        section: tuple[str, ...] = ()
        for number, line in enumerate(text.splitlines(), start=1):
            key, equals, _ = line.partition("=")
            if header := self._HEADER.fullmatch(line):
                section = _dotted(header[1])
                self._lines.setdefault(section, number)
            elif equals and self._KEY.fullmatch(key):
                self._lines.setdefault(section + _dotted(key), number)

    def of(self, path: tuple[str, ...]) -> int:
        """The line of a key, or of the nearest section around it; 1 when there is none."""
        while path:
            if path in self._lines:
                return self._lines[path]
            inside = [line for known, line in self._lines.items() if known[: len(path)] == path]
            if inside:
                return min(inside)
            path = path[:-1]
        return 1


def _dotted(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in text.split("."))


class _WrongError(Exception):
    """A value that does not fit: what was found, what is expected, and why, if a word helps."""

    def __init__(self, found: str, expected: str, why: str) -> None:
        super().__init__(found)
        self.found, self.expected, self.why = found, expected, why


class SettingsReader:
    """Reads the tables of one file into dataclasses and collects what is wrong.

    `currency` is what amounts are written in; None when the file names none that
    is known, and then no amount is judged.
    """

    def __init__(self, file: str, lines: SourceLines, currency: Currency | None) -> None:
        self._file, self._lines, self._currency = file, lines, currency
        self.findings: list[SettingsFinding] = []

    def find(self, path: tuple[str, ...], found: str, expected: str, next_step: str) -> None:
        """Note a finding at the line of `path`."""
        line = self._lines.of(path)
        self.findings.append(SettingsFinding(self._file, line, _spelled(path), found, expected, next_step))

    def section(self, cls: type, table: Any, path: tuple[str, ...]) -> Any:
        """The dataclass `cls` from `table`; None, with findings, if that cannot be."""
        if not isinstance(table, dict):
            self.find(path, seen(table), f"a section [{'.'.join(path)}]", "Write it as a section.")
            return None
        fields = {field.name: field for field in dataclasses.fields(cls)}
        self._refuse_unknown(table, tuple(fields), path)
        hints = get_type_hints(cls, include_extras=True)
        before = len(self.findings)
        values = {
            name: self._value(hints[name], table[name], (*path, name)) for name in fields if name in table
        }
        for name, field in fields.items():
            if name not in table and field.default is MISSING and field.default_factory is MISSING:
                self._missing(hints[name], (*path, name))
        return cls(**values) if len(self.findings) == before else None

    def _refuse_unknown(self, table: dict[str, Any], known: tuple[str, ...], path: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                near = get_close_matches(key, known, n=1, cutoff=0.5)
                step = f'Did you mean "{near[0]}"?' if near else f"Known here: {', '.join(known)}."
                self.find((*path, key), "a key that nobody reads", "only known keys", step)

    def _missing(self, hint: Any, path: tuple[str, ...]) -> None:
        if dataclasses.is_dataclass(hint) and hint is not Currency:
            step = f"Add the section [{'.'.join(path)}]."
            self.find(path, "nothing", "this section", step)
            return
        kind = SettingKind.of(hint)
        self.find(path, "nothing", kind.expected(self._currency), _add(path[-1], kind, self._currency))

    def _value(self, hint: Any, value: Any, path: tuple[str, ...]) -> Any:
        if get_origin(hint) is dict:
            return self._named(get_args(hint)[1], value, path)
        if dataclasses.is_dataclass(hint) and hint not in (Currency, Opening):
            return self.section(hint, value, path)  # type: ignore[arg-type]  # a dataclass
        kind = SettingKind.of(hint)
        try:
            return kind.read(value, self._currency)
        except _WrongError as wrong:
            step = _add(path[-1], kind, self._currency)
            self.find(path, wrong.found, wrong.expected, f"{wrong.why}{step}")
            return None

    def _named(self, cls: type, table: Any, path: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(table, dict):
            self.find(path, seen(table), f"sections [{path[0]}.NAME]", "Give each one a name.")
            return {}
        for name in table:
            if _NAME.fullmatch(name) is None:
                step = "Use letters, digits and . _ - and at most 32 of them."
                self.find((*path, name), "a name with other characters", "a plain name", step)
        return {name: self.section(cls, part, (*path, name)) for name, part in table.items()}


def _spelled(path: tuple[str, ...]) -> str:
    key = f"[{'.'.join(path[:-1])}] {path[-1]}" if len(path) > 1 else f"[{path[0]}]"
    return key if key.isascii() and key.isprintable() else ascii(key)


def _add(key: str, kind: SettingKind, currency: Currency | None) -> str:
    if kind.secret:
        return "See config/agent/tillgate.toml for what to write."
    return f"Write for example: {key} = {kind.example(currency)}"


def seen(value: object, secret: bool = False) -> str:
    """What stands in the file, short, and without a value that is secret or may be a card number."""
    if isinstance(value, str):
        if secret or len(value) > MAX_QUOTED_CHARACTERS:
            return f"a text of {len(value)} characters"
        return f"the text {value!a}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number" if secret or abs(value) >= 10**MAX_QUOTED_CHARACTERS else f"the number {value}"
    names = {
        list: "a list",
        dict: "a section",
        time: "a time without quotes",
        datetime: "a date",
        date: "a date",
    }
    return names.get(type(value), "another type")


@dataclass(frozen=True, slots=True)
class SettingKind:
    """How one type of setting is read: its base type and what `Meta` says beside it."""

    base: Any
    meta: Meta

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
        """The typed value. Raises `_WrongError`."""
        return self._reader()(self, value, currency)

    def expected(self, currency: Currency | None) -> str:
        """What belongs here, with its unit."""
        if self.meta is AMOUNT:
            return f"an amount in {currency or 'the currency'}, in quotes"
        if self.base is int:
            return f"a whole number ({self.meta.description}), {self.meta.ge} to {self.meta.le}"
        if get_origin(self.base) is Literal:
            return " or ".join(f'"{choice}"' for choice in get_args(self.base))
        return self.meta.description or _EXPECTED[get_origin(self.base) or self.base][0]

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

    def wrong(self, value: object, currency: Currency | None = None, why: str = "") -> _WrongError:
        """The error for a value that is not of this kind."""
        return _WrongError(seen(value, self.secret), self.expected(currency), why)

    def _reader(self) -> _Read:
        if self.meta is AMOUNT:
            return _read_amount
        if get_origin(self.base) is Literal:
            return _read_choice
        return _READERS[get_origin(self.base) or self.base]


_Read = Callable[[SettingKind, object, Currency | None], object]


def _read_amount(kind: SettingKind, value: object, currency: Currency | None) -> int | None:
    if not isinstance(value, str):
        raise kind.wrong(value, currency, "A number could be rounded, a text cannot. ")
    if currency is None:
        return None
    try:
        return parse_amount(value, currency)
    except AmountError as error:
        sentence = str(error)
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
        raise kind.wrong(value, why="Without quotes, without a unit letter, without a point. ")
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
        if not isinstance(item, str) or _NAME.fullmatch(item) is None:
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
    bool: ("true or false, without quotes", "true"),
    str: ("a text in quotes", '"text"'),
    Path: ("a path from the root, in quotes", '"/etc/tillgate/name"'),
    time: ("a time of day in quotes", '"04:00"'),
    Opening: ('opening hours, or "closed"', '"09:00-12:30, 14:00-18:00"'),
    Currency: ("the three letters of ISO 4217", '"EUR"'),
    tuple: ("a list of names", '["name"]'),
}
