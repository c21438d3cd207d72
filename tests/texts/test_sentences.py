"""Sentences for people stand in the catalogue. What is left elsewhere is counted and may only shrink."""

from __future__ import annotations

import json
import re

import pytest

from agent.texts.en import FAMILIES, TEXTS
from tests.support.sentences import LEFT, ROOT, files, found, sentences

LISTED = json.loads(LEFT.read_text("utf-8"))


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('raise ValueError("the journal is not here")', ["the journal is not here"]),
        ('raise ValueError(f"the {journal} is not here")', ["the   is not here"]),
        ('"""A docstring is for programmers."""\nX = "three words only"', []),
        ('X = ("one two "\n     "three four")', ["one two three four"]),
    ],
)
def test_a_sentence_is_a_string_of_four_words_that_is_no_docstring(source: str, texts: list[str]) -> None:
    assert [text for _, text in sentences(source)] == texts


def test_no_new_sentence_is_built_outside_of_the_catalogue() -> None:
    counts = {name: len(texts) for name, texts in found().items()}
    grown = {name: count for name, count in counts.items() if count > LISTED.get(name, 0)}
    assert grown == {}, "move the sentence to agent/texts/en and tell it with say(key, **figures)"


def test_no_key_stands_in_two_families() -> None:
    assert sum(len(family) for family in FAMILIES) == len(TEXTS)


_SAID = re.compile(r"\bsay\(\s*\"([a-z0-9_-]+(?:\.[a-z0-9_-]+)+)\"")


def test_every_key_that_is_told_is_in_the_catalogue() -> None:
    told = {
        key
        for file in [*files(), *(ROOT / "tests").rglob("*.py")]
        for key in _SAID.findall(file.read_text("utf-8"))
    }
    assert {key for key in told if key not in TEXTS and not key.startswith("test.")} == set()
