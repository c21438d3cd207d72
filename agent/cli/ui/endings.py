"""A command that is told to end while it waits for a payment still says what it knows."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

# The session ends, or somebody stops the command.
ENDS: Final = (signal.SIGTERM, signal.SIGHUP)


class EndedError(BaseException):
    """A signal asked this command to end. No handler of errors may take it for one."""


@contextmanager
def told_when_ended() -> Iterator[None]:
    """Within it the signals raise `EndedError`. Else they would leave with a code that says nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # What is ignored stays ignored: `nohup` starts a command so.
    heard = [number for number in ENDS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, _end) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise EndedError
