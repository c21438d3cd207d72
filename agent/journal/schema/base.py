"""What all families of entries stand on: the body, the fact, the limits of one line."""

from __future__ import annotations

import msgspec

# The length prefix of a C2SP entry bundle is a uint16.
MAX_ENTRY_BYTES = 65_535


class EntryRefusedError(ValueError):
    """An entry is too long for a line, or could not be read again. Nothing was written or changed."""


class Body(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag=lambda name: "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_"),
):
    """The part of an entry that depends on its kind.

    A field with a default may be added at any time: an older version reads over it.
    """


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was found, without a sentence: a code, and the figures that belong to it.

    People read the sentence that the text catalogue has for the code.
    """

    code: str
    figures: dict[str, int | str] = {}

    def __str__(self) -> str:
        return " ".join((self.code, *(f"{name}={value}" for name, value in self.figures.items())))
