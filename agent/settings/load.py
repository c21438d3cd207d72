"""Load the settings of a host: one TOML file, checked whole before anything starts.

    settings = load(Path("/etc/tillgate/tillgate.toml"))

The types and defaults are in `types`, the reading in `reader`.
`settings.digest` is the config hash that every journal entry carries.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Protocol

from agent.base.money import CURRENCIES, Currency
from agent.rules.policy import SCOPES
from agent.settings.reader import ProtocolKeys, SettingsError, SettingsFinding, SettingsReader, SourceLines
from agent.settings.types import (
    TRAINING_FOLDER,
    TRAINING_PLACES,
    AcquirerSettings,
    AgentSettings,
    ApiSettings,
    LineSettings,
    LogSettings,
    PersonSettings,
    Settings,
    TerminalSettings,
    UploadSettings,
)
from agent.texts import say

__all__ = [
    "AcquirerSettings",
    "AgentSettings",
    "ApiSettings",
    "Drivers",
    "LineSettings",
    "LogSettings",
    "PersonSettings",
    "Settings",
    "SettingsError",
    "SettingsFinding",
    "TerminalSettings",
    "UploadSettings",
    "credentials_folder",
    "live_refusal_reason",
    "load",
    "nobody_can_sign",
    "parse",
]

DEFAULT_FILE: Final = Path("/etc/tillgate/tillgate.toml")

# The shipped file has 12 KiB; what is a hundred times larger is another file.
MAX_FILE_BYTES: Final = 1024 * 1024

# What says against one terminal's settings: key, found, expected, next step.
TerminalFinding = tuple[str, str, str, str]


class Drivers(ProtocolKeys, Protocol):
    """What the drivers declare for `[terminals.NAME]`, and what they say against it."""

    def check(self, terminal: TerminalSettings, currency: Currency) -> Iterable[TerminalFinding]:
        """What does not go together with the terminal's protocol; `currency` is the shop's."""


# Where the terminal is, for each wire, with an example.
_NEEDED: Final = {
    "serial": ("device", '"/dev/ttyUSB0"'),
    "tcp": ("host", '"192.0.2.10"'),
    "usb": ("usb", '"0403:6001"'),
}

# The limits above which a second person has to sign.
SUPERVISED: Final = (
    *("day_count_supervisor", "day_sum_supervisor", "refund_supervisor"),
    *("refund_count_supervisor", "refund_sum_supervisor"),
)

# Limits that must not fall along a row, for the looser action would never be reached.
_RISING: Final = (
    ("min", "soft", "hard"),
    ("day_count_note", "day_count_supervisor", "day_count_block"),
    ("day_sum_note", "day_sum_supervisor", "day_sum_block"),
    ("refund_supervisor", "refund_block"),
    ("refund_count_supervisor", "refund_count_block"),
    ("refund_sum_supervisor", "refund_sum_block"),
)


def load(path: Path, drivers: Drivers | None = None) -> Settings:
    """The settings in the file at `path`. Raises `SettingsError`.

    `drivers` declare the protocols' own keys. A program that drives no terminal has none:
    then the section that bears a protocol's name is not looked at.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        step = say("settings.check_path")
        raise _refused(
            path, 1, say("settings.no_readable_file", reason=error.strerror), "the settings", step
        ) from None
    if len(raw) > MAX_FILE_BYTES:
        found = f"more than {MAX_FILE_BYTES // 1024} KiB"
        raise _refused(path, 1, found, "the settings", say("settings.check_file"))
    try:
        return parse(raw.decode("utf-8"), path, drivers)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        step = say("settings.save_as_utf8")
        raise _refused(path, line, say("settings.not_utf8"), "UTF-8 text", step) from None


def parse(text: str, path: Path, drivers: Drivers | None = None) -> Settings:
    """The settings in `text`, which `path` names in errors. Raises `SettingsError`."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of over 4300 digits
        raise _not_toml(text, path, str(error)) from None
    lines = SourceLines(text)
    reader = SettingsReader(str(path), lines, _currency(table), drivers)
    settings = reader.section(Settings, table, ())
    if settings is not None:
        _check_together(reader, settings)
        _check_terminals(reader, settings, drivers)
    if reader.findings:
        raise SettingsError(tuple(sorted(reader.findings, key=lambda finding: finding.line)))
    return _apart(settings)


def _apart(settings: Settings) -> Settings:
    """Training keeps what it writes in folders of its own: the shop's journal stays as it is."""
    agent = settings.agent
    if not agent.training:
        return settings
    places = {name: getattr(agent, name) / TRAINING_FOLDER for name in TRAINING_PLACES}
    return replace(settings, agent=replace(agent, **places))


def live_refusal_reason(settings: Settings) -> str:
    """Why an agent with these settings takes no payment; empty when it may."""
    if settings.rules.hard is None:
        return say("settings.no_hard_limit")
    if not settings.terminals:
        return say("settings.no_terminal")
    return ""


def nobody_can_sign(settings: Settings) -> str:
    """Why no second person can sign in this shop, and what that makes impossible; empty when one can."""
    in_charge = [name for name, person in settings.people.items() if person.role != "cashier"]
    if in_charge and len(settings.people) > 1:
        return ""
    rules = settings.rules
    wanted = [key for key in SUPERVISED if getattr(rules, key) is not None]
    wanted += ["soft_action"] if rules.soft_action == "supervisor" else []
    who = "settings.nobody_in_charge" if not in_charge else "settings.one_person"
    return say(who, keys=", ".join(sorted(wanted)) or "-")


def credentials_folder(settings: Settings, environ: Mapping[str, str]) -> Path:
    """Where secrets are read from: `$CREDENTIALS_DIRECTORY` of systemd, else `[agent] credentials`."""
    return Path(environ.get("CREDENTIALS_DIRECTORY") or settings.agent.credentials)


def _currency(table: dict[str, Any]) -> Currency | None:
    """The currency of `[rules]`, wanted before its amounts are read; None if it is not a right one."""
    rules = table.get("rules")
    letters = rules.get("currency") if isinstance(rules, dict) else None
    return CURRENCIES.get(letters) if isinstance(letters, str) else None


def _check_together(reader: SettingsReader, settings: Settings) -> None:
    """What no single key shows: limits that fall, and keys that need each other."""
    terminals = len(settings.terminals)
    for row in _RISING:
        _check_rising(reader, ("rules",), row, partial(getattr, settings.rules))
        if hasattr(settings.rules.shop, row[0]):
            for scope in SCOPES[1:]:
                level = partial(settings.rules.level, scope, terminals=terminals)
                _check_rising(reader, ("rules", scope), row, level)
    for name, terminal in settings.terminals.items():
        needed, example = _NEEDED[terminal.wire]
        if getattr(terminal.line, needed) is None:
            step = say("settings.write_for_example", key=needed, example=example)
            where = ("terminals", name, "line", needed)
            reader.find(where, "nothing", say("settings.form.for_wire", key=needed, wire=terminal.wire), step)
    if settings.upload.url is not None and settings.upload.collector_vkey is None:
        step = say("settings.ask_for_collector_vkey")
        reader.find(("upload", "collector_vkey"), "nothing", say("settings.form.collector_vkey"), step)


def _check_terminals(reader: SettingsReader, settings: Settings, drivers: Drivers | None) -> None:
    if drivers is None:
        return
    for name, terminal in settings.terminals.items():
        for key, found, expected, step in drivers.check(terminal, settings.rules.currency):
            reader.find(("terminals", name, key), found, expected, step)


def _check_rising(
    reader: SettingsReader, where: tuple[str, ...], row: tuple[str, ...], level: Callable[[str], int | None]
) -> None:
    """A looser level above a stricter one is found, also if one of both is a default."""
    written = [(name, value) for name in row if (value := level(name)) is not None]
    for (low, low_value), (high, high_value) in pairwise(written):
        if low_value > high_value:
            step = say("settings.raise_or_lower", high=high, low=low)
            reader.find(
                (*where, high), f"a limit below {low}", say("settings.lower_limit_smaller", low=low), step
            )


def _not_toml(text: str, path: Path, message: str) -> SettingsError:
    at = re.search(r"\(at line ([0-9]+), column ([0-9]+)\)", message)
    line = int(at[1]) if at else max(1, len(text.splitlines()))
    found = say("settings.no_toml_near", column=at[2]) if at else say("settings.no_toml_at_end")
    lines = text.splitlines()
    unquoted = line <= len(lines) and re.match(r"\s*\[[^\]\"']*[^\x00-\x7f]", lines[line - 1])
    step = say("settings.quote_name" if unquoted else "settings.look_for_missing_quote")
    return _refused(path, line, found, "key = value", step)


def _refused(path: Path, line: int, found: str, expected: str, step: str) -> SettingsError:
    return SettingsError((SettingsFinding(str(path), line, "the file", found, expected, step),))
