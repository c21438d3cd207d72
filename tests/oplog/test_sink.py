"""The log holds up nobody: not by a reader that hangs, nor by one that has gone."""

from __future__ import annotations

import io
import json
import threading

import pytest

from agent.oplog.sink import MAX_WAITING_LINES, Sink


class Hanging(io.StringIO):
    """A stream whose reader takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.let_go = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.reached.set()
        self.let_go.wait()
        return super().write(text)


class Gone(io.StringIO):
    """A stream that fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error: Exception | None = error

    def write(self, text: str) -> int:
        error, self._error = self._error, None
        if error is not None:
            raise error
        return super().write(text)


def test_a_reader_that_hangs_holds_up_nobody_and_what_was_lost_is_counted() -> None:
    stream = Hanging()
    sink = Sink(stream)
    sink.msg("first")
    stream.reached.wait()
    for number in range(MAX_WAITING_LINES + 5):
        sink.msg(f"line {number}")
    assert not sink.drain(0)
    stream.let_go.set()
    assert sink.drain()
    lines = stream.getvalue().splitlines()
    assert lines[0] == "first"
    assert json.loads(lines[1]) == {"event": "lines_lost", "level": "warning", "count": 5}
    assert lines[2:] == [f"line {number}" for number in range(5, MAX_WAITING_LINES + 5)]


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "full"), ValueError("closed")])
def test_a_reader_that_has_gone_fails_nobody(error: Exception) -> None:
    stream = Gone(error)
    sink = Sink(stream)
    sink.msg("nobody gets it")
    assert sink.drain()
    sink.msg("somebody is back")
    assert sink.drain()
    assert stream.getvalue() == "somebody is back\n"


def test_an_empty_sink_is_drained_at_once() -> None:
    assert Sink(io.StringIO()).drain(0)
