"""Every key of the catalogue is told somewhere, with just the figures that its sentence shows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from string import Formatter

from agent.texts.catalogue import COUNT, CURRENCY, MONEY
from agent.texts.en import TEXTS
from tests.support.sentences import files

# Where the key stands among the arguments of what takes a key and figures by keyword.
TAKES_KEY = {"say": 0, "_at": 3, "_of_file": 3}
# What takes a key and a dictionary of figures.
PARSE = Formatter().parse
TAKES_FIGURES = {"Fact", "CodedText"}


@cache
def trees() -> dict[str, ast.Module]:
    return {str(file): ast.parse(file.read_text("utf-8")) for file in files()}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for name, tree in trees().items():
        yield from ((name, node) for node in ast.walk(tree))


@cache
def words() -> frozenset[str]:
    """What a key may be put together from: each string and name of the product."""
    found = set[str]()
    for _, node in nodes():
        match node:
            case ast.Constant(value=str() as text):
                found.add(text)
            case ast.Name(id=name) | ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found.add(name)
            case ast.AsyncFunctionDef(name=name) | ast.arg(arg=name):
                found.add(name)
    return frozenset(found)


def pattern_of(text: ast.JoinedStr) -> re.Pattern[str] | None:
    """The keys that an f-string makes; None unless it begins with the name of a family."""
    start = text.values[0] if text.values else None
    if not isinstance(start, ast.Constant):
        return None
    family, dot, _ = str(start.value).partition(".")
    if not dot or family not in {key.partition(".")[0] for key in TEXTS}:
        return None
    parts = [re.escape(str(p.value)) if isinstance(p, ast.Constant) else "([^.]+)" for p in text.values]
    return re.compile("".join(parts))


@cache
def built() -> tuple[re.Pattern[str], ...]:
    """The keys that are put together."""
    made = (pattern_of(node) for _, node in nodes() if isinstance(node, ast.JoinedStr))
    return tuple(pattern for pattern in made if pattern)


def is_built(key: str) -> bool:
    stem, _, end = key.rpartition(".")
    return is_one_built(key) or (f".{end}" in words() and is_one_built(stem))


def is_one_built(key: str) -> bool:
    matches = (pattern.fullmatch(key) for pattern in built())
    return any(match and all(part in words() for part in match.groups()) for match in matches)


def test_every_key_is_told_somewhere() -> None:
    # The facts of the drivers are compared with their sentences in `test_drivers`.
    keys = [key for key in TEXTS if not key.startswith("drivers.")]
    assert [key for key in keys if key not in words() and not is_built(key)] == []


def coded_errors() -> set[str]:
    """The names of the errors that carry a key."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for _, node in nodes()
        if isinstance(node, ast.ClassDef)
    }
    own = {node.name for _, node in nodes() if isinstance(node, ast.ClassDef) and has_init(node)}
    found = {"CodedError"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found - own | {"CodedError"}


def has_init(node: ast.ClassDef) -> bool:
    return any(isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in node.body)


def forms(key: str) -> list[str | None]:
    """How each figure of a sentence is written."""
    texts = TEXTS[key]
    return [form for text in ((texts,) if isinstance(texts, str) else texts) for *_, form, _ in PARSE(text)]


def placeholders(key: str) -> set[str]:
    """The figures that a sentence needs; for amounts the currency, and for a pair the count."""
    texts = TEXTS[key]
    whole, pair = ("".join(texts), not isinstance(texts, str))
    named = {name for _, name, _, _ in PARSE(whole) if name}
    return named | ({COUNT} if pair else set()) | ({CURRENCY} if key in money_keys() else set())


def given() -> Iterator[tuple[str, int, str, set[str], bool]]:
    """File, line, key and figures of each telling; True when all of its figures can be seen."""
    places = TAKES_KEY | dict.fromkeys(coded_errors(), 0)
    for file, node in nodes():
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in places and len(node.args) > places[name]:
                key = node.args[places[name]]
                if isinstance(key, ast.Constant) and key.value in TEXTS:
                    figures = {word.arg for word in node.keywords if word.arg}
                    whole = all(word.arg for word in node.keywords)
                    yield file, node.lineno, str(key.value), figures, whole
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str() as key), *rest]) if (
                name in TAKES_FIGURES and key in TEXTS and all(isinstance(part, ast.Dict) for part in rest)
            ):
                named = {
                    n.value
                    for part in rest
                    if isinstance(part, ast.Dict)
                    for n in part.keys
                    if isinstance(n, ast.Constant)
                }
                yield file, node.lineno, key, {str(name) for name in named}, True


def test_every_telling_gives_the_figures_of_its_sentence() -> None:
    wrong = [
        (file, line, key, sorted(figures ^ placeholders(key)))
        for file, line, key, figures, whole in given()
        if (figures != placeholders(key) if whole else not figures <= placeholders(key))
    ]
    assert wrong == []


def money_keys() -> set[str]:
    return {key for key in TEXTS if any(form == MONEY for form in forms(key))}


def test_a_sentence_with_an_amount_is_told_with_the_currency_where_its_key_is_put_together() -> None:
    wrong = []
    for file, node in nodes():
        match node:
            case ast.Call(func=ast.Name(id="say"), args=[ast.JoinedStr() as key]) if (
                pattern := pattern_of(key)
            ) and any(pattern.fullmatch(one) for one in money_keys()):
                wrong += [] if CURRENCY in {word.arg for word in node.keywords} else [(file, node.lineno)]
    assert wrong == []
