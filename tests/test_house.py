"""Who may import whom: the design's table, read from the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.driver import PROTOCOLS

HOUSE = Path(__file__).parent.parent

# What of the standard library does I/O, keeps time or logs.
OUTSIDE = {"asyncio", "time", "logging", "serial", "usb", "socket", "selectors", "subprocess", "threading"}
PURE_DRIVER = {"drivers.terminal", "drivers.clocks", "drivers.driver", "drivers.card", "drivers.scrub"}

# Folder or file -> what of ours it may import (prefixes), and what it must never.
MAY: dict[str, tuple[set[str], set[str]]] = {
    **{
        f"drivers/{name}": (PURE_DRIVER | {f"drivers.{name}"}, OUTSIDE | {"structlog", "agent"})
        for name in PROTOCOLS
    },
    "drivers/card.py": ({"drivers"}, OUTSIDE | {"agent"}),
    "drivers": ({"drivers"}, {"agent", "structlog"}),
    "agent/money.py": (set(), OUTSIDE | {"drivers"}),
    "agent/clock.py": (set(), {"drivers"}),
    "agent/journal": ({"agent.journal", "agent.money", "agent.clock"}, {"socket", "asyncio", "drivers"}),
    "agent/rules": ({"agent.rules", "agent.money", "agent.journal.entry"}, OUTSIDE | {"drivers", "os"}),
    "agent/payments": (
        {"agent.payments", "agent.journal", "agent.rules", "agent.money", "agent.clock", "drivers"}
        | {"agent.settings", "agent.settings_types"},
        {"socket", "serial", "usb"},
    ),
    "agent/upload": (
        {"agent.upload", "agent.notify", "agent.settings", "agent.settings_types", "agent.keys"}
        | {f"agent.journal.{name}" for name in ("reader", "checkpoint", "note", "tree", "files", "errors")}
        | {"agent.collector.protocol"},
        {"drivers", "asyncio"},
    ),
    "agent/collector": (
        {"agent.collector", "agent.httpd", "agent.log", "agent.notify"}
        | {"agent.settings_read", "agent.settings_types"}
        | {f"agent.journal.{name}" for name in ("reader", "checkpoint", "note", "tree", "tiles", "entry")},
        {"drivers"},
    ),
    "agent/door": ({"agent.door", "agent.payments", "agent.httpd"}, {"drivers", "serial", "usb"}),
}


def rules() -> Iterator[tuple[str, Path]]:
    for place in MAY:
        root = HOUSE / place
        files = [root] if root.suffix == ".py" else sorted(root.rglob("*.py"))
        yield from ((place, file) for file in files)


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {
                f"{node.module}.{alias.name}" for alias in node.names if node.module in {"agent", "drivers"}
            }
    return names


def within(name: str, allowed: set[str]) -> bool:
    return any(name == one or name.startswith(one + ".") for one in allowed)


@pytest.mark.parametrize(
    ("place", "file"), [pytest.param(p, f, id=f"{f.relative_to(HOUSE)}") for p, f in rules()]
)
def test_a_folder_imports_only_what_the_design_allows(place: str, file: Path) -> None:
    allowed, never = MAY[place]
    ours = {
        name
        for name in imported(file)
        if within(name, {"agent", "drivers"}) and name not in {"agent", "agent.VERSION", "drivers"}
    }
    assert {name for name in ours if not within(name, allowed)} == set()
    assert {name for name in imported(file) if within(name, never)} == set()


LONG_FILE_LINES = 400
LONG_FUNCTION_LINES = 60


def sources() -> list[Path]:
    return [file for folder in ("agent", "drivers") for file in sorted((HOUSE / folder).rglob("*.py"))]


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
