"""Calm output: no line longer than 80 columns, no control character from elsewhere."""

from __future__ import annotations

import textwrap
from typing import TextIO

WIDTH = 80
INDENT = "  "


def plain(text: str) -> str:
    """`text` with control characters replaced: terminals and tills may send any that steer a screen."""
    return "".join(c if c.isprintable() else " " for c in text)


class Screen:
    """Prints for people, each paragraph filled and indented."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, text: str) -> None:
        """A paragraph at the margin; line breaks in it stay."""
        self._fill(text, "")

    def detail(self, text: str) -> None:
        """A paragraph below the last one."""
        self._fill(text, INDENT)

    def row(self, name: str, text: str) -> None:
        """A name and its value, in two columns."""
        self._fill(f"{name:<13} {text}", "", INDENT * 7)

    def verbatim(self, line: str) -> None:
        """A line of a receipt: cut, never filled."""
        print(INDENT + plain(line)[: WIDTH - len(INDENT)], file=self._stream)

    def _fill(self, text: str, first: str, rest: str | None = None) -> None:
        for line in text.splitlines() or [""]:
            filled = textwrap.fill(
                plain(line),
                WIDTH,
                initial_indent=first,
                subsequent_indent=first if rest is None else rest,
                break_on_hyphens=False,  # a command must be typed as it stands
            )
            print(filled, file=self._stream, flush=True)
