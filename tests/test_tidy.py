"""No dead declaration, no silenced check without its reason, no map that is not the land."""

from __future__ import annotations

import ast
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = sorted([*(ROOT / "agent").rglob("*.py"), *(ROOT / "drivers").rglob("*.py")])
EVERYTHING = [*PRODUCT, *sorted((ROOT / "tests").rglob("*.py"))]

# Declared for others than our own product: name -> who uses it.
FOR_OTHERS = {
    "send_400_response": "uvicorn calls it",
    "eof_received": "asyncio calls it",
    "emit": "logging calls it",
    "get_field": "string.Formatter calls it",
    "format_field": "string.Formatter calls it",
    "buffer_info": "pyusb calls it",
    "RefusalCode": "tests compare it with the API's table",
    "redact_bytes": "the redactor's half for files of bytes; no program of ours writes one into a log",
}


def named(file: Path) -> Counter[str]:
    """How often each identifier stands in a file, as code or inside a string (getattr, type names)."""
    found: Counter[str] = Counter()
    for token in tokenize.generate_tokens(StringIO(file.read_text("utf-8")).readline):
        if token.type == tokenize.NAME:
            found[token.string] += 1
        elif token.type == tokenize.STRING:
            found.update(re.findall(r"[A-Za-z_]\w*", token.string))
    return found


def declared(tree: ast.Module) -> Iterator[str]:
    """Functions, classes, their methods, and constants of a module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from (part.name for part in node.body if isinstance(part, ast.FunctionDef))
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_nothing_is_declared_that_nobody_uses() -> None:
    used: Counter[str] = Counter()
    for file in PRODUCT:
        used += named(file)
    dead = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in PRODUCT
        for name in declared(ast.parse(file.read_text("utf-8")))
        if used[name] < 2 and not name.startswith("__") and name not in FOR_OTHERS
    }
    assert dead == set()


@pytest.mark.parametrize("file", EVERYTHING, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_silenced_check_says_why(file: Path) -> None:
    silent = [
        f"{number}: {line.strip()}"
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if (found := re.search(r"#\s*(?:noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\])", line))
        and not re.search(r"[A-Za-z]{4,}", line[found.end() :])
    ]
    assert silent == []


def test_no_check_is_silenced_as_a_whole() -> None:
    whole = re.compile(r"#\s*(?:noqa(?!:)|type:\s*ignore(?!\[))")
    texts = {file: file.read_text("utf-8") for file in EVERYTHING if file != Path(__file__)}
    assert [str(file.relative_to(ROOT)) for file, text in texts.items() if whole.search(text)] == []


@pytest.mark.parametrize("folder", ["agent", "drivers", "config", "systemd", "tests"])
def test_the_map_of_a_folder_names_what_is_in_it(folder: str) -> None:
    """Each folder of it, and in `agent` and `drivers` nothing that is not there."""
    text = (ROOT / folder / "README.md").read_text("utf-8")
    there = {path.name for path in (ROOT / folder).iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {name for name in there if not re.search(rf"\b{re.escape(name)}\b", text)} == set()


def test_the_readme_names_every_top_folder() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    folders = ("agent", "drivers", "config", "systemd", "tests")
    assert [name for name in folders if f"| `{name}/` |" not in text] == []
