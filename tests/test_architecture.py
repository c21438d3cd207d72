"""Who may import whom: the design's table, read from the code itself."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drivers.driver import PROTOCOLS

HOUSE = Path(__file__).parent.parent

# What of the standard library does I/O, keeps time or logs.
OUTSIDE = {"asyncio", "time", "logging", "serial", "usb", "socket", "selectors", "subprocess", "threading"}
DEVICES = {"serial", "usb"}
PURE_DRIVER = {
    "drivers.dialogue",
    "drivers.errors",
    "drivers.fact",
    "drivers.operation",
    "drivers.terminal",
    "drivers.clocks",
    "drivers.driver",
    "drivers.probe",
    "drivers.unknown",
    "drivers.sealed",
    "drivers.card",
}
READERS = {
    f"agent.journal.{name}"
    for name in ("reader", "checkpoint", "note", "tree", "transfer", "refusal_note", "schema.base")
}


@dataclass(frozen=True)
class Row:
    """What a folder or file may import of ours, and what it never imports of anything."""

    may: set[str]
    never: set[str] = field(default_factory=set)


# Every folder and every file at the top of `agent/` and `drivers/` has its row; the longest
# name that fits a file governs it. A row for a file inside a folder is an exception with its reason.
ROWS: dict[str, Row] = {
    "agent/__init__.py": Row(set(), OUTSIDE | {"drivers"}),
    "agent/__main__.py": Row({"agent.cli"}, OUTSIDE | {"drivers"}),
    "agent/base": Row({"agent.base"}, {"drivers", "msgspec"}),
    "agent/journal": Row({"agent.journal", "agent.base"}, {"socket", "asyncio", "drivers"}),
    # The vocabulary stands below everything else of the journal.
    "agent/journal/schema": Row({"agent.journal.schema", "agent.base"}, OUTSIDE | {"drivers", "os"}),
    "agent/journal/proofs": Row({"agent.journal", "agent.base"}, {"socket", "asyncio", "drivers"}),
    "agent/rules/checks": Row(
        {"agent.rules", "agent.base.money", "agent.journal.schema"}, OUTSIDE | {"drivers", "os"}
    ),
    "agent/rules": Row(
        {"agent.rules", "agent.base.money", "agent.journal.schema"}, OUTSIDE | {"drivers", "os"}
    ),
    # An error in a settings file is for the installer: it is a face.
    "agent/settings": Row(
        {"agent.settings", "agent.base", "agent.rules.policy", "agent.texts"}, OUTSIDE | {"drivers"}
    ),
    "agent/keys": Row(
        {
            "agent.keys",
            "agent.settings",
            "agent.texts",
            "agent.journal.note",
            "agent.journal.evolving",
            "drivers.card.seal",
        },
        OUTSIDE,
    ),
    # The words that could be a card number are the drivers' to tell.
    "agent/oplog": Row({"agent.oplog", "drivers.card.scrub"}, {"asyncio", "socket"}),
    "agent/alarms": Row({"agent.alarms", "agent.journal.schema", "agent.base"}, OUTSIDE | {"drivers", "os"}),
    # It reads what the readers of the journal left for the agent; run in a thread, never on the loop.
    "agent/alarms/look.py": Row(
        {"agent.alarms", "agent.journal", "agent.upload.cosignatures"}, OUTSIDE | {"drivers"}
    ),
    "agent/terminals": Row(
        {"agent.terminals", "agent.journal.schema", "agent.payments.wording", "agent.base", "drivers"},
        {"socket"} | DEVICES,
    ),
    # It knows the drivers' own words for a terminal's keys, so that nobody else has to.
    "agent/terminals/options.py": Row(
        {"agent.terminals", "agent.settings", "agent.texts", "agent.base.money", "drivers"}, OUTSIDE
    ),
    "agent/terminals/discovery": Row(
        {"agent.terminals.discovery", "agent.texts", "drivers"}, {"socket", "asyncio"}
    ),
    "agent/payments": Row(
        {"agent.payments", "agent.journal", "agent.rules", "agent.alarms", "agent.terminals", "agent.base"}
        | {"agent.settings", "drivers"},
        {"socket"} | DEVICES,
    ),
    "agent/api": Row(
        {"agent.api", "agent.payments", "agent.texts", "agent.base.typed"}, {"drivers"} | DEVICES
    ),
    "agent/api/v1": Row(
        # The document names every kind and every currency, from the tables that decide about them.
        {"agent.api", "agent.payments", "agent.texts", "agent.journal.schema.kinds", "agent.base.money"}
        | {"agent.base.typed"},
        {"drivers", "socket"} | DEVICES,
    ),
    "agent/texts": Row({"agent.texts", "agent.base"}, OUTSIDE | {"drivers", "os"}),
    "agent/texts/en": Row({"agent.texts.en"}, OUTSIDE | {"drivers", "os"}),
    "agent/upload": Row({"agent.upload", "agent.base", "agent.texts", *READERS}, {"drivers", "asyncio"}),
    "agent/collector": Row(
        # The HTTP server is one file for both; nothing else of the till's API is headquarters' affair.
        {"agent.collector", "agent.api.server", "agent.api.peers", "agent.settings", *READERS}
        | {"agent.base", "agent.texts"},
        {"drivers"},
    ),
    # It checks what the journal's own verifier checks, with the first key.
    "agent/collector/epochs.py": Row({"agent.collector", "agent.journal"}, {"drivers", "asyncio"}),
    "agent/collector/storage": Row(
        {"agent.collector.storage", "agent.journal.tree", "agent.journal.proofs", "agent.texts"},
        {"drivers", "asyncio"},
    ),
    # One file is one process: here everything is put together, so nearly everything may be named.
    "agent/programs": Row({"agent", "drivers"}, DEVICES),
    "agent/programs/upload.py": Row(
        {"agent.upload", "agent.keys", "agent.base", "agent.settings", "agent.journal", "agent.oplog"}
        | {"agent.texts"},
        {"drivers"},
    ),
    "agent/programs/collector.py": Row(
        {"agent.collector", "agent.api.server", "agent.keys", "agent.base", "agent.settings"}
        | {"agent.journal", "agent.oplog", "agent.texts"},
        {"drivers"},
    ),
    "agent/programs/demo": Row({"agent"}, {"drivers"} | DEVICES),
    "agent/cli": Row({"agent"}, DEVICES | {"drivers"}),
    # It starts a simulated terminal, whose options are its own.
    "agent/cli/__init__.py": Row({"agent", "drivers.driver"}, DEVICES),
    # They look at what a driver alone can tell: a key file's end, what answers on a port.
    "agent/cli/doctor.py": Row({"agent", "drivers.card.seal"}, DEVICES),
    "agent/cli/terminals.py": Row({"agent", "drivers"}, DEVICES),
    "agent/cli/ui": Row({"agent"}, DEVICES | {"drivers", "asyncio"}),
    **{
        f"drivers/{name}": Row(PURE_DRIVER | {f"drivers.{name}"}, OUTSIDE | {"structlog", "agent"})
        for name in PROTOCOLS
    },
    "drivers/card": Row({"drivers.card", "drivers.terminal"}, OUTSIDE | {"structlog", "agent"}),
    "drivers/wires": Row(
        {"drivers.wires", "drivers.terminal", "drivers.driver", "drivers.card"}, {"agent", "structlog"}
    ),
    "drivers/wires/usb": Row(
        {"drivers.wires", "drivers.terminal", "drivers.driver", "drivers.card"}, {"agent", "structlog"}
    ),
    "drivers/simulator": Row({"drivers"}, {"agent", "structlog"}),
    **{
        f"drivers/simulator/{name}": Row({"drivers"}, {"agent", "structlog", "asyncio", "socket"})
        for name in PROTOCOLS
    },
    "drivers/simulator/core": Row({"drivers"}, {"agent", "structlog", "asyncio"}),
    **{
        f"drivers/{name}.py": Row({"drivers"}, OUTSIDE | {"agent", "structlog"})
        for name in (
            *(
                "__init__",
                "errors",
                "fact",
                "operation",
                "dialogue",
                "terminal",
                "driver",
                "clocks",
                "probe",
                "unknown",
                "sealed",
            ),
        )
    },
    "drivers/probing.py": Row({"drivers"}, {"agent", "structlog"}),
}


def sources() -> list[Path]:
    return [file for folder in ("agent", "drivers") for file in sorted((HOUSE / folder).rglob("*.py"))]


def row_of(file: Path) -> Row:
    """The row of a file: its own, or its folder's."""
    name = str(file.relative_to(HOUSE))
    return ROWS.get(name) or ROWS[str(file.parent.relative_to(HOUSE))]


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def within(name: str, allowed: set[str]) -> bool:
    return any(name == one or name.startswith(one + ".") for one in allowed)


def test_every_folder_and_every_file_has_a_row() -> None:
    without = [
        str(file.relative_to(HOUSE))
        for file in sources()
        if str(file.relative_to(HOUSE)) not in ROWS and str(file.parent.relative_to(HOUSE)) not in ROWS
    ]
    assert without == []


def test_every_row_has_its_folder_or_file() -> None:
    assert [name for name in ROWS if not (HOUSE / name).exists()] == []


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(HOUSE)))
def test_a_file_imports_only_what_the_design_allows(file: Path) -> None:
    row = row_of(file)
    ours = {name for name in imported(file) if within(name, {"agent", "drivers"}) and name != "agent.VERSION"}
    assert {name for name in ours if not within(name, row.may)} == set()
    assert {name for name in imported(file) if within(name, row.never)} == set()


def test_no_class_name_stands_twice() -> None:
    """An import line has to say which of two things it brings."""
    places: dict[str, list[str]] = {}
    for file in sources():
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(file.relative_to(HOUSE)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


LONG_FILE_LINES = 400
LONG_FUNCTION_LINES = 60


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(HOUSE)))
def test_no_file_and_no_function_is_too_long_to_read(file: Path) -> None:
    text = file.read_text("utf-8")
    assert len(text.splitlines()) <= LONG_FILE_LINES
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= LONG_FUNCTION_LINES
    ]
    assert long == []
