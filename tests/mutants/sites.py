"""Walks a file and leaves out what no test should have to know.

Left out are docstrings, annotations, decorators, type-checking blocks, log lines, texts for people
(f-strings, what a `raise` says) and the forms that only declare a type.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

LOGGERS = {"log", "_log", "logger", "_logger"}
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
# Class options that change how fast or how strict a class is, not what it does.
DECLARING = {"frozen", "slots", "kw_only", "gc", "eq", "order", "cache_hash"}
# Fields of the syntax tree that hold annotations or options, never behaviour.
ASIDE = {"annotation", "returns", "decorator_list", "type_comment", "bases"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Site:
    """One node that may be mutated, with the function and the statement it stands in."""

    node: ast.AST
    function: str
    first: int
    last: int
    signature: Function | None


def sites(tree: ast.Module) -> Iterator[Site]:
    """All nodes that may be mutated, outer ones first."""
    yield from _below(tree, Site(tree, "", 1, 1, None))


def _below(node: ast.AST, around: Site) -> Iterator[Site]:
    for child in _children(node):
        here = _site(child, around)
        yield here
        yield from _below(child, here)


def _site(node: ast.AST, around: Site) -> Site:
    function, first, last, signature = around.function, around.first, around.last, around.signature
    if isinstance(node, ast.ClassDef | Function):
        function = f"{function}.{node.name}".lstrip(".")
    if isinstance(node, ast.stmt):
        first, last = node.lineno, _end_of_head(node)
    if isinstance(node, Function):
        signature = node
    elif isinstance(node, ast.Lambda | ast.ClassDef):
        signature = None
    return Site(node, function, first, last, signature)


def _end_of_head(node: ast.stmt) -> int:
    """The last line of a statement without its body: a body is reached on its own."""
    body: list[ast.AST] | None = getattr(node, "body", None)
    if body and isinstance(body[0], ast.stmt):
        return max(node.lineno, body[0].lineno - 1)
    return node.end_lineno or node.lineno


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ASIDE:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _left_out(child, node):
                yield child


def _left_out(node: ast.AST, parent: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom) or is_text(node) or is_log(node):
        return True
    if isinstance(parent, ast.Raise):
        return True
    if isinstance(node, ast.If):
        return _named(node.test) == "TYPE_CHECKING" or _compares_name(node.test)
    if isinstance(node, ast.keyword):
        return isinstance(parent, ast.ClassDef) and node.arg in DECLARING
    return is_type(node)


def is_text(node: ast.AST) -> bool:
    """A docstring, or any other text that stands alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_log(node: ast.AST) -> bool:
    """A line for the log: `log.info(...)`, `self._log.warning(...)`."""
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    called = node.value.func
    return (
        isinstance(called, ast.Attribute) and called.attr in LOG_METHODS and _named(called.value) in LOGGERS
    )


def is_type(node: ast.AST) -> bool:
    """A type written as an expression: `Literal["a"]`, `Payment | None`."""
    if isinstance(node, ast.Subscript):
        return _named(node.value) in {"Literal", "Annotated"}
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and _all_types(node)


def _all_types(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return _all_types(node.left) and _all_types(node.right)
    if isinstance(node, ast.Subscript):
        return True
    name = _named(node)
    builtin = name in {"int", "str", "bytes", "bool", "float", "list", "dict", "set", "tuple"}
    is_none = isinstance(node, ast.Constant) and node.value is None
    return is_none or builtin or (name[:1].isupper() and not name.isupper())


def _compares_name(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and _named(test.left) == "__name__"


def _named(node: ast.AST) -> str:
    """The last part of a name: `log` of `self.log`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
