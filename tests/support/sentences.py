"""Finds the sentences for people that the code builds outside of the text catalogue.

`python -m tests.support.sentences` prints them. Which may stay, and why, stands in
`tests/texts/test_sentences.py`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CATALOGUE: Final = "agent/texts/"
LEAST_WORDS: Final = 4
# Only a fault of ours raises these, and only a developer reads what they say.
FAULTS: Final = {"AssertionError", "TypeError", "SessionError"}

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'-]*")
_FIELD: Final = re.compile(r"\{[^}]*\}")


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each string of four words or more that is no docstring."""
    tree = ast.parse(source)
    passed = {id(node) for find in (_docstrings, _parts_of_f_strings, _faults) for node in find(tree)}
    for node in ast.walk(tree):
        text = None if id(node) in passed else _text(node)
        if text is not None and len(_WORD.findall(_FIELD.sub(" ", text))) >= LEAST_WORDS:
            yield getattr(node, "lineno", 0), text


def _docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                yield statement.value


def _parts_of_f_strings(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from (part for part in ast.walk(node) if part is not node)


def _faults(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FAULTS:
            yield from node.args


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else " " for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
        return node.value
    return None


def files() -> list[Path]:
    """Every file of the product; the catalogue is where sentences belong."""
    found = [file for folder in ("agent", "drivers") for file in sorted((ROOT / folder).rglob("*.py"))]
    return [file for file in found if not str(file.relative_to(ROOT)).startswith(CATALOGUE)]


def found() -> dict[str, list[tuple[int, str]]]:
    """The sentences of each file that has any."""
    all_files = {str(file.relative_to(ROOT)): list(sentences(file.read_text("utf-8"))) for file in files()}
    return {name: texts for name, texts in all_files.items() if texts}


def main() -> None:
    """Print what is found."""
    for name, texts in found().items():
        sys.stdout.writelines(f"{name}:{line}: {' '.join(text.split())[:100]}\n" for line, text in texts)


if __name__ == "__main__":
    main()
