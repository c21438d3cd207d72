"""The mutation operators: each looks at one node and says how its text may be changed.

The change is made in the text at exact bytes, not by unparsing, so a mutant differs from the file in
one place only and the living can be shown as a person would have written them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.mutants.sites import Site

_COMPARISON = re.compile(rb"\bis\s+not\b|\bnot\s+in\b|\bis\b|\bin\b|[<>=!]=|[<>]")
_COMPARED = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "is": ("is not",),
    "is not": ("is",),
    "in": ("not in",),
    "not in": ("in",),
}
_SYMBOL: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Div: "/",
    ast.Mod: "%",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
_CALCULATED = {
    "+": "-",
    "-": "+",
    "*": "//",
    "//": "*",
    "/": "*",
    "%": "//",
    "<<": ">>",
    ">>": "<<",
    "&": "|",
    "|": "&",
    "^": "&",
}
# What a function returns instead, by the first word of its annotation.
_DEFAULTS = {
    "bool": ("True", "False"),
    "int": ("0", "None"),
    "float": ("0.0", "None"),
    "str": ('""', "None"),
    "bytes": ('b""', "None"),
    "tuple": ("()", "None"),
    "list": ("[]", "None"),
    "dict": ("{}", "None"),
    "set": ("set()", "None"),
    "Iterator": ("iter(())", "None"),
    "Sequence": ("()", "None"),
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a file's bytes from `start` to `end`."""

    operator: str
    start: int
    end: int
    text: str


class Source:
    """A file's bytes, and where in them a node stands."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._lines = [0]
        for line in content.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """From which byte to which."""
        if node.end_lineno is None or node.end_col_offset is None:
            raise ValueError("a node without an end")
        return (
            self._lines[node.lineno - 1] + node.col_offset,
            self._lines[node.end_lineno - 1] + node.end_col_offset,
        )

    def place(self, start: int) -> tuple[int, int]:
        """Line and column of a byte, both from 1."""
        line = max(number for number, begin in enumerate(self._lines) if begin <= start)
        return line + 1, start - self._lines[line] + 1

    def text(self, node: ast.expr | ast.stmt) -> str:
        """What is written there."""
        start, end = self.span(node)
        return self.content[start:end].decode()

    def between(self, left: ast.expr, right: ast.expr, sought: re.Pattern[bytes]) -> tuple[int, int] | None:
        """Where an operator stands between two operands; None when a comment might hide it."""
        start, end = self.span(left)[1], self.span(right)[0]
        found = sought.search(self.content, start, end)
        return None if found is None or b"#" in self.content[start:end] else found.span()


def edits(site: Site, source: Source) -> Iterator[Edit]:
    """All changes of one node."""
    for kind, operators in OPERATORS.items():
        if isinstance(site.node, kind):
            for operator in operators:
                yield from operator(site, source)


def _compare(site: Site, source: Source) -> Iterator[Edit]:
    node = site.node
    assert isinstance(node, ast.Compare)
    for left, right in pairwise([node.left, *node.comparators]):
        place = source.between(left, right, _COMPARISON)
        if place is not None:
            was = " ".join(source.content[slice(*place)].decode().split())
            for becomes in _COMPARED[was]:
                yield Edit(f"{was} to {becomes}", *place, becomes)


def _compared_texts(site: Site, source: Source) -> Iterator[Edit]:
    """Texts that something is compared with, alone or in a row."""
    node = site.node
    assert isinstance(node, ast.Compare)
    for operand in [node.left, *node.comparators]:
        row = operand.elts if isinstance(operand, ast.Tuple | ast.Set | ast.List) else [operand]
        for part in row:
            yield from _other_text(part, source)


def _matched_text(site: Site, source: Source) -> Iterator[Edit]:
    assert isinstance(site.node, ast.MatchValue)
    yield from _other_text(site.node.value, source)


def _enum_texts(site: Site, source: Source) -> Iterator[Edit]:
    node = site.node
    assert isinstance(node, ast.ClassDef)
    if any(source.text(base).endswith(("Enum", "Flag")) for base in node.bases):
        for part in node.body:
            if isinstance(part, ast.Assign):
                yield from _other_text(part.value, source)


def _other_text(node: ast.expr, source: Source) -> Iterator[Edit]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield Edit("text", *source.span(node), ascii(node.value + "?"))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        yield Edit("text", *source.span(node), repr(node.value + b"?"))


def _constant(site: Site, source: Source) -> Iterator[Edit]:
    node = site.node
    assert isinstance(node, ast.Constant)
    if node.value is True or node.value is False:
        yield Edit("flip", *source.span(node), str(not node.value))
    elif type(node.value) is int:
        form = "{:#x}" if source.text(node).lower().startswith("0x") else "{}"
        for step in (1, -1):
            yield Edit(f"{step:+}", *source.span(node), form.format(node.value + step))


def _junction(site: Site, source: Source) -> Iterator[Edit]:
    node = site.node
    assert isinstance(node, ast.BoolOp)
    was, becomes = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in pairwise(node.values):
        place = source.between(left, right, re.compile(rf"\b{was}\b".encode()))
        if place is not None:
            yield Edit(f"{was} to {becomes}", *place, becomes)


def _negation(site: Site, source: Source) -> Iterator[Edit]:
    node = site.node
    assert isinstance(node, ast.UnaryOp)
    if isinstance(node.op, ast.Not):
        start, _ = source.span(node)
        space = source.content[start + 3 : start + 4] == b" "
        yield Edit("not removed", start, start + 3 + space, "")


def _arithmetic(site: Site, source: Source) -> Iterator[Edit]:
    """Sums of texts are left out: without `+` they only fail to be calculated."""
    node = site.node
    assert isinstance(node, ast.BinOp)
    was = _SYMBOL.get(type(node.op), "")
    if was and not any(_is_text(side) for side in (node.left, node.right)):
        place = source.between(node.left, node.right, re.compile(re.escape(was).encode()))
        if place is not None:
            yield Edit(f"{was} to {_CALCULATED[was]}", *place, _CALCULATED[was])


def _augmented(site: Site, source: Source) -> Iterator[Edit]:
    node = site.node
    assert isinstance(node, ast.AugAssign)
    was = _SYMBOL.get(type(node.op), "")
    if was and not _is_text(node.value):
        place = source.between(node.target, node.value, re.compile(re.escape(was).encode()))
        if place is not None:
            yield Edit(f"{was}= to {_CALCULATED[was]}=", *place, _CALCULATED[was])


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    constant = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    return constant or isinstance(node, ast.JoinedStr)


def _condition(site: Site, source: Source) -> Iterator[Edit]:
    """True and False instead; a loop that never ends is left out."""
    node = site.node
    assert isinstance(node, ast.If | ast.IfExp | ast.While)
    if not isinstance(node.test, ast.Constant):
        for becomes in ("False",) if isinstance(node, ast.While) else ("True", "False"):
            yield Edit(f"condition {becomes}", *source.span(node.test), becomes)


def _filters(site: Site, source: Source) -> Iterator[Edit]:
    assert isinstance(site.node, ast.comprehension)
    for test in site.node.ifs:
        yield Edit("condition True", *source.span(test), "True")


def _returned(site: Site, source: Source) -> Iterator[Edit]:
    node = site.node
    assert isinstance(node, ast.Return)
    if node.value is None or source.text(node.value) == "None" or _is_for_people(node.value):
        return
    signature = site.signature.returns if site.signature else None
    kind = re.split(r"\W", source.text(signature))[0] if signature else ""
    for becomes in _DEFAULTS.get(kind, ("None",)):
        if becomes != source.text(node.value):
            yield Edit(f"return {becomes}", *source.span(node.value), becomes)


def _is_for_people(node: ast.expr) -> bool:
    """A text of several words."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    words = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return any(" " in word for word in words)


def _statement(site: Site, source: Source) -> Iterator[Edit]:
    """Deleted where the rest still reads: calls, raises, jumps, and changes of what exists already."""
    node = site.node
    assert isinstance(node, ast.stmt)
    if isinstance(node, ast.Assign):
        making = site.function.endswith("__init__")
        if making or not all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
            return
    if isinstance(node, ast.Return) and node.value is not None:
        return
    yield Edit("deleted", *source.span(node), "pass")


Operator = Callable[[Site, Source], Iterator[Edit]]
OPERATORS: dict[type[ast.AST], tuple[Operator, ...]] = {
    ast.Compare: (_compare, _compared_texts),
    ast.MatchValue: (_matched_text,),
    ast.ClassDef: (_enum_texts,),
    ast.Constant: (_constant,),
    ast.BoolOp: (_junction,),
    ast.UnaryOp: (_negation,),
    ast.BinOp: (_arithmetic,),
    ast.AugAssign: (_augmented, _statement),
    ast.If: (_condition,),
    ast.IfExp: (_condition,),
    ast.While: (_condition,),
    ast.comprehension: (_filters,),
    ast.Return: (_returned, _statement),
    ast.Expr: (_statement,),
    ast.Assign: (_statement,),
    ast.Raise: (_statement,),
    ast.Delete: (_statement,),
    ast.Break: (_statement,),
    ast.Continue: (_statement,),
}
