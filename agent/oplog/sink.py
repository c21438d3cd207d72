"""Where the lines go. A thread writes them: a reader that hangs or leaves holds up no payment."""

from __future__ import annotations

import atexit
import threading
from collections import deque
from typing import Final, TextIO

import msgspec

from agent.oplog.redact import redact

# The steps of a hundred payments, some 500 kB. Who reads none of them for so long has gone.
MAX_WAITING_LINES: Final = 1000
# At the end of the process: a reader that is there takes milliseconds.
DRAIN_SECONDS: Final = 2.0


class Sink:
    """The only place that prints. What waits too long is dropped, the oldest first, and counted."""

    def __init__(self, stream: TextIO) -> None:
        self.is_screen = stream.isatty()
        self._stream = stream
        self._waiting: deque[str] = deque()
        self._lost = 0
        self._writing = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        atexit.register(self.drain)

    def msg(self, line: str) -> None:
        """Take one line. It never waits for the stream, and never fails because of it."""
        with self._changed:
            if len(self._waiting) == MAX_WAITING_LINES:
                self._waiting.popleft()
                self._lost += 1
            self._waiting.append(line)
            if self._thread is None or not self._thread.is_alive():  # a process that was forked has none
                self._thread = threading.Thread(target=self._write_on, name="oplog", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    debug = info = warning = error = critical = exception = msg

    def drain(self, seconds: float = DRAIN_SECONDS) -> bool:
        """Wait until all is written; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._writing, seconds)

    def _write_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                line, lost = self._waiting.popleft(), self._lost
                self._lost, self._writing = 0, True
            if lost:
                self._write(self._lines_lost(lost))
            self._write(line)
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def _write(self, line: str) -> None:
        try:
            self._stream.write(redact(line) + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # the reader has gone, or the stream is closed: the journal has it all
            return

    def _lines_lost(self, count: int) -> str:
        fields = {"event": "lines_lost", "level": "warning", "count": count}
        if self.is_screen:
            return " ".join(f"{key}={value}" for key, value in fields.items())
        return msgspec.json.encode(fields).decode()
