"""What a person types: nothing from before the question, and nothing after it is over."""

from __future__ import annotations

import getpass
import io
import os
import select
import sys
import termios
import warnings
from collections.abc import Callable, Sequence
from typing import Final

from agent.cli.ui.screen import INDENT, plain
from agent.texts import say

# Far longer than a name, a purpose or a command; the rest of a longer line is the next line.
MAX_LINE_BYTES: Final = 4096
READ_BYTES: Final = 1024


class QuestionOverError(Exception):
    """What was asked needs no answer any more."""


class Keyboard:
    """Standard input, line by line. A closed or broken one is at its end: nobody is there."""

    def __init__(self) -> None:
        self._typed = b""

    def forget(self) -> None:
        """Drop what was typed before now: it cannot be the answer to what is asked next."""
        descriptor = _descriptor()
        if descriptor is None:
            return
        self._typed = b""
        try:
            if os.isatty(descriptor):
                termios.tcflush(descriptor, termios.TCIFLUSH)
                return
            while select.select([descriptor], [], [], 0)[0] and os.read(descriptor, READ_BYTES):
                pass
        except (OSError, ValueError, termios.error):
            return

    def line(self, news: Sequence[int] = (), over: Callable[[], bool] = lambda: False) -> str:
        """One line. Raises `EOFError`, or `QuestionOverError` when `over` after news on a descriptor."""
        descriptor = _descriptor()
        if descriptor is None:
            return _from_stream()
        while b"\n" not in self._typed and len(self._typed) < MAX_LINE_BYTES:
            if over():
                raise QuestionOverError
            self._read(descriptor, news)
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode("utf-8", "replace").strip()

    def _read(self, descriptor: int, news: Sequence[int]) -> None:
        try:
            ready, _, _ = select.select([descriptor, *news], [], [])
            if descriptor not in ready:
                return
            more = os.read(descriptor, READ_BYTES)
        except (OSError, ValueError):
            raise EOFError from None
        if not more:
            raise EOFError
        self._typed += more

    def secret(self, person: str) -> str:
        """A secret, not shown. Raises `EOFError` if there is no input."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", getpass.GetPassWarning)
            try:
                return getpass.getpass(INDENT + say("cli.secret", person=plain(person)), stream=sys.stderr)
            except (OSError, ValueError):
                raise EOFError from None


def _descriptor() -> int | None:
    """Where standard input comes from; None for one that only this process has."""
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError, AttributeError, io.UnsupportedOperation):
        return None


def _from_stream() -> str:
    try:
        line = sys.stdin.readline()
    except (OSError, ValueError, AttributeError):
        line = ""
    if not line:
        raise EOFError
    return line.strip()
