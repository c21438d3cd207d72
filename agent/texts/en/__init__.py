"""The English sentences, one file a family; the source that other languages are translated from.

A pair of sentences is singular and plural, chosen by the figure `count`. A family is read when
a key of it is asked for: the uploader tells of few things, and has 32 MB for all it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Final

Sentence = str | tuple[str, str]

# How the keys of a family begin, and the dictionaries that hold them, each in a file of its name.
FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "alarms": ("ALARMS",),
    "api": ("API",),
    "cli": ("CLI",),
    "collector": ("COLLECTOR",),
    "drivers": ("DRIVERS", "DRIVER_SETUP", "TERMINAL_CODES"),
    "errors": ("ERRORS",),
    "field": ("ERRORS",),
    "journal": ("JOURNAL",),
    "keys": ("KEYS",),
    "money": ("MONEY",),
    "next": ("KINDS",),
    "payment": ("PAYMENTS",),
    "programs": ("PROGRAMS",),
    "rules": ("RULES",),
    "settings": ("SETTINGS",),
    "terminals": ("TERMINALS",),
    "upload": ("UPLOAD",),
    "verdict": ("KINDS", "VERDICT"),
}


def sentences_of(name: str) -> dict[str, Sentence]:
    """All sentences of one dictionary."""
    sentences: dict[str, Sentence] = getattr(import_module(f"{__name__}.{name.lower()}"), name)
    return sentences


class Sentences(Mapping[str, Sentence]):
    """All sentences by key."""

    def __getitem__(self, key: str) -> Sentence:
        for name in FAMILIES.get(key.partition(".")[0], ()):
            found = sentences_of(name).get(key)
            if found is not None:
                return found
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(name for names in FAMILIES.values() for name in names)
        return (key for name in names for key in sentences_of(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)


TEXTS: Final = Sentences()
