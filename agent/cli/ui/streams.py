"""The three streams of a command. What cannot be shown never changes how the command leaves."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Final, TextIO
from weakref import WeakSet

_STREAMS: Final = ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w"))

_lost: Final[WeakSet[TextIO]] = WeakSet()


def prepare() -> None:
    """Make the streams of a process usable, whatever it was started with.

    A descriptor that was closed is opened onto nothing: else the agent's socket would get its number, and
    a stray message would go to the agent. A letter that the locale does not have is shown as "?".
    """
    for descriptor, name, mode in _STREAMS:
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it takes the lowest free number, which is this one
        stream = getattr(sys, name)
        if stream is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - it lives as long as we do
            setattr(sys, name, stream)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def finish() -> None:
    """Show what is still held back. Without this the interpreter would leave with a code of its own."""
    for stream in (sys.stdout, sys.stderr):
        write(stream, "")


def write(stream: TextIO, text: str) -> OSError | ValueError | None:
    """Show a text at once; gives the error that kept it from being shown."""
    try:
        stream.write(text)
        stream.flush()
    except UnicodeError:
        return write(stream, text.encode("ascii", "replace").decode("ascii"))
    except (OSError, ValueError) as error:
        _give_up(stream)
        return error
    return None


def is_lost(stream: TextIO) -> bool:
    """Whether something could not be shown there. What is written later goes nowhere."""
    return stream in _lost


def _give_up(stream: TextIO) -> None:
    """Nobody gets what this stream says: from now on it goes nowhere, also what it still holds."""
    _lost.add(stream)
    try:
        descriptor = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
    except (OSError, ValueError):  # a stream without a descriptor, or none that is open
        return
    try:
        os.dup2(nowhere, descriptor)
    finally:
        os.close(nowhere)
