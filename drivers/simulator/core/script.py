"""Reads a script: a TOML file that says how the simulated terminal behaves, taken strictly.

`config/simulator/` explains every key by example.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar

from drivers.simulator.core.behaviour import COMMANDS, Behaviour, Script, ScriptedFault, TerminalSetup
from drivers.simulator.core.cards import GENERATED, PUBLISHED

T = TypeVar("T")

_NAMES: Final = {int: "a whole number", float: "a number of seconds", str: "a text", bool: "true or false"}


class ScriptError(Exception):
    """The script cannot be used. The text names the place, what is wrong and what would be right."""


def load(path: Path) -> Script:
    """Read a script file. Raises `ScriptError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"The script {path} cannot be read: {error}.") from error
    return parse(text, path.name)


def parse(text: str, name: str = "script") -> Script:
    """Read a script's text; `name` is used in messages. Raises `ScriptError`."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScriptError(f"{name}: this is not TOML: {error}.") from error
    _known(content, ("terminal", "default", "fault", *COMMANDS), name)
    default = _read(Behaviour, content.get("default", {}), f"{name}: [default]")
    script = Script(
        terminal=_read(TerminalSetup, content.get("terminal", {}), f"{name}: [terminal]"),
        default=default,
        behaviours={
            command: _read_all(Behaviour, content[command], f"{name}: [[{command}]]", default)
            for command in COMMANDS
            if command in content
        },
        faults=_read_all(ScriptedFault, content.get("fault", []), f"{name}: [[fault]]"),
    )
    _validate(script, name)
    return script


def _read_all(kind: type[T], tables: object, where: str, base: T | None = None) -> tuple[T, ...]:
    if not isinstance(tables, list):
        raise ScriptError(f"{where}: write it with two brackets on each side, it is a list.")
    return tuple(_read(kind, table, f"{where} number {index}", base) for index, table in enumerate(tables, 1))


def _read(kind: type[T], table: object, where: str, base: T | None = None) -> T:
    """A frozen dataclass from a table: unknown keys and wrong types are refused.

    What the table leaves out is as in `base`, or else the default.
    """
    if not isinstance(table, dict):
        raise ScriptError(f"{where}: expected a table with keys.")
    hints = typing.get_type_hints(kind)
    _known(table, tuple(hints), where)
    values = {key: _value(hints[key], value, f"{where}: {key}") for key, value in table.items()}
    if base is not None:
        return dataclasses.replace(base, **values)  # type: ignore[type-var]  # every `kind` here is a dataclass
    for missing in dataclasses.fields(kind):  # type: ignore[arg-type]  # every `kind` here is a dataclass
        if missing.default is dataclasses.MISSING and missing.name not in values:
            raise ScriptError(f"{where}: the key '{missing.name}' is missing.")
    return kind(**values)


def _value(hint: Any, value: object, where: str) -> Any:
    if typing.get_origin(hint) is types.UnionType:  # only `X | None` is used above
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ScriptError(f"{where}: expected a list.")
        return tuple(_value(typing.get_args(hint)[0], item, where) for item in value)
    if dataclasses.is_dataclass(hint):
        return _read(typing.cast("type[Any]", hint), value, where)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _choice(hint, value, where)
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint:
        raise ScriptError(f"{where}: expected {_NAMES[hint]}, not {value!r}.")
    return value


def _choice(kind: type[Enum], value: object, where: str) -> Enum:
    names = {
        str(member.value if isinstance(member.value, str) else member.name.lower()): member for member in kind
    }
    if not isinstance(value, str) or value not in names:
        raise ScriptError(f"{where}: expected one of {', '.join(names)}, not {value!r}.")
    return names[value]


def _known(table: Mapping[str, object], names: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else f"Known here: {', '.join(names)}."
            raise ScriptError(f"{where}: unknown key '{key}'. {hint}")


def _validate(script: Script, name: str) -> None:
    """What types cannot say."""
    for place, behaviour in [
        ("[default]", script.default),
        *((f"[[{command}]]", entry) for command, entries in script.behaviours.items() for entry in entries),
    ]:
        if behaviour.card not in (*PUBLISHED, GENERATED):
            known = ", ".join((*PUBLISHED, GENERATED))
            raise ScriptError(
                f"{name}: {place}: card: expected one of {known}; real cards are not for scripts."
            )
        for key in ("code", "abort_after", "then_code"):
            if not 0 <= (getattr(behaviour, key) or 0) <= 0xFF:
                raise ScriptError(f"{name}: {place}: {key}: one byte, 0 to 0xFF.")
        if behaviour.silence_s < 0:
            raise ScriptError(f"{name}: {place}: silence_s: not below 0.")
    if script.default.when_amount is not None:
        raise ScriptError(f"{name}: [default]: when_amount: the default is for every amount.")
    for fault in script.faults:
        if (fault.frame is None) == (fault.ack is None):
            raise ScriptError(f"{name}: [[fault]]: give either 'frame' or 'ack', counted from 1.")
    if len(script.terminal.password) != 6 or not script.terminal.password.isdecimal():
        raise ScriptError(f"{name}: [terminal]: password: six digits in quotes.")
