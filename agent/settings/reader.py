"""From the text of a settings file to typed sections, or to findings with line numbers.

All findings of a file are collected, so that the installer repairs it in one go.
Values marked as secret are never quoted, and unknown keys are named without value.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import MISSING, dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, Protocol, get_args, get_origin, get_type_hints

from agent.base.money import Currency
from agent.base.typed import as_name, holds_card_number, same_name
from agent.rules.policy import Opening
from agent.settings.values import NAME, PERSONS_NAME, SettingKind, WrongValueError, seen
from agent.texts import say

# In the metadata of a section's field: the section bears the name that `protocol` beside it says.
NAMED_BY_PROTOCOL: Final = {"named_by": "protocol"}


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
        return say("settings.finding", **dataclasses.asdict(self))


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


class ProtocolKeys(Protocol):
    """What the drivers declare, as far as reading needs it."""

    @property
    def protocols(self) -> tuple[str, ...]:
        """The names of all protocols."""

    def keys_of(self, protocol: str) -> type:
        """The keys of one protocol's own section, as a dataclass."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One key of a section: its name in the file and in the dataclass, and its type.

    A hint of None is not looked at.
    """

    key: str
    field: str
    hint: Any
    required: bool = False
    by_protocol: bool = False

    @property
    def is_section(self) -> bool:
        """A section of known keys below."""
        return dataclasses.is_dataclass(self.hint) and self.hint not in (Currency, Opening)


class SettingsReader:
    """Reads the tables of one file into dataclasses and collects what is wrong.

    `currency` is what amounts are written in; None when the file names none that
    is known, and then no amount is judged. `drivers` declare the protocols' own keys;
    None leaves those unread.
    """

    def __init__(
        self, file: str, lines: SourceLines, currency: Currency | None, drivers: ProtocolKeys | None = None
    ) -> None:
        self._file, self._lines, self._currency, self._drivers = file, lines, currency, drivers
        self.findings: list[SettingsFinding] = []

    def find(self, path: tuple[str, ...], found: str, expected: str, next_step: str) -> None:
        """Note a finding at the line of `path`."""
        line = self._lines.of(path)
        self.findings.append(SettingsFinding(self._file, line, _spelled(path), found, expected, next_step))

    def section(self, cls: type, table: Any, path: tuple[str, ...]) -> Any:
        """The dataclass `cls` from `table`; None, with findings, if that cannot be."""
        if not isinstance(table, dict):
            self.find(path, seen(table), f"a section [{'.'.join(path)}]", say("settings.write_section"))
            return None
        rows = [self._row(cls, field, table, path) for field in dataclasses.fields(cls)]
        self._refuse_unknown(table, rows, path)
        before = len(self.findings)
        values = {
            row.field: self._value(row.hint, table.get(row.key, {}), (*path, row.key))
            for row in rows
            if row.hint is not None and (row.key in table or row.by_protocol)
        }
        for row in rows:
            if row.key not in table and row.required:
                self._missing(row.hint, (*path, row.key))
        return cls(**values) if len(self.findings) == before else None

    def _row(
        self, cls: type, field: dataclasses.Field[Any], table: dict[str, Any], path: tuple[str, ...]
    ) -> _Row:
        if field.metadata.get("named_by") is None:
            required = field.default is MISSING and field.default_factory is MISSING
            return _Row(field.name, field.name, _hints(cls)[field.name], required)
        usual = next(other.default for other in dataclasses.fields(cls) if other.name == "protocol")
        protocol = table.get("protocol", usual)
        if not isinstance(protocol, str):
            return _Row("", field.name, None, by_protocol=True)
        if self._drivers is None:
            return _Row(protocol, field.name, None, by_protocol=True)
        if protocol not in self._drivers.protocols:
            near = get_close_matches(protocol, self._drivers.protocols, n=1)
            step = say("settings.did_you_mean", word=near[0]) if near else say("settings.see_drivers")
            self.find((*path, "protocol"), seen(protocol), _one_of(self._drivers.protocols), step)
            return _Row("", field.name, None, by_protocol=True)
        return _Row(protocol, field.name, self._drivers.keys_of(protocol), by_protocol=True)

    def _refuse_unknown(self, table: dict[str, Any], rows: list[_Row], path: tuple[str, ...]) -> None:
        known = [row.key for row in rows]
        own = next((row.key for row in rows if row.by_protocol), None)
        protocols = self._drivers.protocols if self._drivers is not None and own is not None else ()
        for key in table:
            if key in known or (own == "" and key in protocols):  # which protocol it is was found wanting
                continue
            if key in protocols:
                step = say("settings.take_section_out", protocol=own)
                expected = f"[{'.'.join((*path, str(own)))}]"
                self.find((*path, key), say("settings.section_of_other_protocol"), expected, step)
            else:
                self.find(
                    (*path, key), say("settings.unknown_key"), "only known keys", _step(key, rows, path)
                )

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
        except WrongValueError as wrong:
            step = _add(path[-1], kind, self._currency)
            self.find(path, wrong.found, wrong.expected, f"{wrong.why}{step}")
            return None

    def _named(self, cls: type, table: Any, path: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(table, dict):
            self.find(path, seen(table), f"sections [{path[0]}.NAME]", say("settings.name_each"))
            return {}
        any_script = path[0] in IN_ANY_SCRIPT
        for name in table:
            if (PERSONS_NAME if any_script else NAME).fullmatch(name) is None or holds_card_number(name):
                step = say("settings.use_seen_signs" if any_script else "settings.use_letters")
                self.find((*path, name), say("settings.bad_name"), "a plain name", step)
            elif any_script and [same_name(other) for other in table].count(same_name(name)) > 1:
                step = say("settings.use_another_name")
                self.find((*path, name), say("settings.name_twice"), say("settings.own_name"), step)
        return {as_name(name): self.section(cls, part, (*path, name)) for name, part in table.items()}


# Sections whose names persons bear or read; the others are names of files and devices.
IN_ANY_SCRIPT: Final = frozenset({"people", "tills"})


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)


def _one_of(names: tuple[str, ...]) -> str:
    return " or ".join(f'"{name}"' for name in names)


def _step(key: str, rows: list[_Row], path: tuple[str, ...]) -> str:
    """Where the key belongs, or which one was meant."""
    inner = {
        field.name: f"[{'.'.join((*path, row.key))}]"
        for row in rows
        if row.is_section
        for field in dataclasses.fields(row.hint)
    }
    if key in inner:
        return say("settings.other_section", section=inner[key])
    known = [row.key for row in rows if row.key]
    if near := get_close_matches(key, known, n=1, cutoff=0.5):
        return say("settings.did_you_mean", word=near[0])
    if near := get_close_matches(key, inner, n=1, cutoff=0.7):
        return say("settings.did_you_mean_in_section", word=near[0], section=inner[near[0]])
    return say("settings.known_here", names=", ".join(known))


def _spelled(path: tuple[str, ...]) -> str:
    key = f"[{'.'.join(path[:-1])}] {path[-1]}" if len(path) > 1 else f"[{path[0]}]"
    return key if key.isascii() and key.isprintable() else ascii(key)


def _add(key: str, kind: SettingKind, currency: Currency | None) -> str:
    if kind.secret:
        return say("settings.see_shipped_file")
    return say("settings.write_for_example", key=key, example=kind.example(currency))
