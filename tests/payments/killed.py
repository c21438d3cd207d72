"""The agent, killed by the kernel at a chosen line: `python -m tests.payments.killed LINE SETTINGS`.

Lines of the payment's path are counted from the moment in which the till asks.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

from agent.programs import agent as program

_HOUSE: Final = Path(__file__).parents[2]
# What a payment runs through: the story and the service, the journal, and the way to the terminal.
PATH: Final = frozenset(
    str(_HOUSE / file)
    for file in (
        "agent/payments/payment.py",
        "agent/payments/context.py",
        "agent/payments/mapping.py",
        "agent/payments/active.py",
        "agent/payments/service.py",
        "agent/journal/writer.py",
        "drivers/wires/link.py",
        "drivers/zvt/session.py",
    )
)


class Sniper:
    """Waits for a payment, then for its line number `fatal`."""

    def __init__(self, fatal: int) -> None:
        self._left = fatal
        self._asked = False

    def on_call(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        code = frame.f_code
        if code.co_filename not in PATH:
            return None
        self._asked = self._asked or code.co_name == "put"
        return self.on_line if self._asked else None

    def on_line(self, _frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.on_line


if __name__ == "__main__":
    sys.settrace(Sniper(int(sys.argv[1])).on_call)
    sys.exit(program.main(sys.argv[2], ""))
