"""Calm output: no line longer than 80 columns, no control character from elsewhere."""

from __future__ import annotations

import textwrap
from typing import Final, TextIO

from agent.cli.ui import streams

WIDTH = 80
INDENT = "  "
# A screen that cannot rewrite a line gets one at these seconds, and later one a minute.
_SPARSE_S: Final = frozenset({3, 10, 30})
_MINUTE_S: Final = 60


def plain(text: str) -> str:
    """`text` with control characters replaced: terminals and tills may send any that steer a screen."""
    return "".join(c if c.isprintable() else " " for c in text)


class Screen:
    """Prints for people, each paragraph filled and indented.

    With `keep_on` a screen that takes nothing any more stops no payment: `lost` says so. Else its error
    is raised.
    """

    def __init__(self, stream: TextIO, *, keep_on: bool = False) -> None:
        self._stream = stream
        self._keep_on = keep_on
        self._counting = False

    @property
    def lost(self) -> bool:
        """Whether the stream took something no more, whoever wrote it: a command in the session, too."""
        return streams.is_lost(self._stream)

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
        self._show(INDENT + plain(line)[: WIDTH - len(INDENT)] + "\n")

    def ask(self, question: str) -> None:
        """A question; the answer stands behind it."""
        self._show(plain(question))

    def bell(self) -> None:
        """Call the person at the counter, if this is a screen and not a file."""
        if self._stream.isatty():
            self._show("\a")

    def count(self, text: str, seconds: int) -> None:
        """A line that counts: rewritten on a screen, and said now and then in a file."""
        if self._stream.isatty():
            self._counting = False
            self._show("\r" + plain(INDENT + text)[: WIDTH - 1])
            self._counting = True
        elif seconds in _SPARSE_S or seconds % _MINUTE_S == 0:
            self.detail(text)

    def _fill(self, text: str, first: str, rest: str | None = None) -> None:
        for line in text.splitlines() or [""]:
            filled = textwrap.fill(
                plain(line),
                WIDTH,
                initial_indent=first,
                subsequent_indent=first if rest is None else rest,
                break_on_hyphens=False,  # a command must be typed as it stands
            )
            self._show(filled + "\n")

    def _show(self, text: str) -> None:
        if self._counting:
            self._counting = False
            text = "\r" + " " * (WIDTH - 1) + "\r" + text
        error = streams.write(self._stream, text)
        if error is not None and not self._keep_on:
            raise error
