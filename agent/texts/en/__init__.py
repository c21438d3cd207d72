"""The English sentences, one file a family; the source that other languages are translated from.

A pair of sentences is singular and plural, chosen by the figure `count`.
"""

from __future__ import annotations

from typing import Final

from agent.texts.en.journal import JOURNAL
from agent.texts.en.rules import RULES

Sentence = str | tuple[str, str]

FAMILIES: Final[tuple[dict[str, Sentence], ...]] = (JOURNAL, RULES)

TEXTS: Final[dict[str, Sentence]] = {key: text for family in FAMILIES for key, text in family.items()}
