"""What is imported is declared, what is declared is locked, and every licence is known."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions

from tests.support.licences import PAGE, ROOT, licence, locked, page

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
TRAINING = tomllib.loads((ROOT / "drivers/simulator/pyproject.toml").read_text("utf-8"))
DECLARED = {re.split(r"[<>=]", wanted)[0] for wanted in PROJECT["dependencies"]}
OURS = {"agent", "drivers"}


def imported() -> set[str]:
    """The top names of all that agent and drivers import, wherever in a file."""
    names = set()
    for file in (path for folder in OURS for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
    return {name.partition(".")[0] for name in names} - OURS - sys.stdlib_module_names


def test_what_is_imported_is_declared() -> None:
    owners = packages_distributions()
    # google is a namespace of several; protobuf is the one that is meant.
    used = {"protobuf" if name == "google" else owners[name][0] for name in imported()}
    assert used == DECLARED


def test_what_is_declared_is_locked_and_installed_as_locked() -> None:
    assert set(locked()) >= DECLARED
    assert {name: distribution(name).version for name in locked()} == locked()


def test_every_licence_is_known_and_on_the_page() -> None:
    assert [name for name in locked() if not licence(distribution(name)).strip()] == []
    assert PAGE.read_text("utf-8") == page(), "python -m tests.support.licences --write"


def test_the_simulator_is_a_distribution_of_its_own_with_every_part() -> None:
    folders = {file.parent for file in (ROOT / "drivers/simulator").rglob("*.py")}
    packages = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert set(TRAINING["tool"]["setuptools"]["packages"]) == packages
    assert TRAINING["project"]["version"] == PROJECT["version"]
    assert TRAINING["project"]["dependencies"] == [f"tillgate=={PROJECT['version']}"]


def test_nothing_but_the_simulator_imports_the_simulator() -> None:
    """The command line names it as a text, after it has looked whether it is installed."""
    for folder in OURS:
        for file in (ROOT / folder).rglob("*.py"):
            if (ROOT / "drivers/simulator") not in file.parents:
                text = file.read_text("utf-8")
                assert not re.search(r"^\s*(from|import) drivers\.simulator", text, re.MULTILINE), file
