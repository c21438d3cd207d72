"""One line a step, known keys only, and no card by any of the ways into the log."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from agent.oplog import log
from agent.oplog.sink import Sink
from tests.support import cards

PAN = cards.PUBLISHED[0]
MASKED = "411111******1111"


class Lines(io.StringIO):
    """What was logged, line by line."""

    sink: Sink | None = None

    def getvalue(self) -> str:
        assert self.sink is None or self.sink.drain()
        return super().getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    @property
    def only(self) -> dict[str, Any]:
        assert len(self.lines) == 1, self.getvalue()
        return self.lines[0]


@pytest.fixture
def out() -> Iterator[Lines]:
    root, hooks = logging.root, (sys.excepthook, threading.excepthook)
    before = (root.handlers[:], root.level, logging.raiseExceptions)
    stream = Lines()
    stream.sink = log.configure("info", stream)
    yield stream
    root.handlers[:], root.level, logging.raiseExceptions = before
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def test_a_step_is_one_line_with_its_facts(out: Lines) -> None:
    log.logger("payments").info("payment answered", payment_id="A-1", amount=1010, currency="EUR")
    line = out.only
    assert (line["event"], line["level"], line["part"]) == ("payment answered", "info", "payments")
    assert (line["payment_id"], line["amount"], line["currency"]) == ("A-1", 1010, "EUR")
    assert "T" in line["time"]


def test_a_key_that_is_not_on_the_list_is_dropped_and_named(out: Lines) -> None:
    log.logger("payments").info("step", card=PAN, frame=b"\x04\x0f", amount=1)
    assert out.only["dropped_keys"] == "card frame"
    assert PAN not in out.getvalue()


@pytest.mark.parametrize(
    "fields", [{"amount": "12"}, {"amount": 1.5}, {"amount": True}, {"amount": 10**12}, {"payment_id": 5}]
)
def test_a_value_of_another_type_is_dropped_and_named(out: Lines, fields: dict[str, Any]) -> None:
    log.logger("payments").info("step", **fields)
    assert [out.only["dropped_keys"]] == list(fields)


def test_a_key_that_looks_like_a_card_is_named_without_it(out: Lines) -> None:
    log.logger("payments").info("step", **{PAN: 1})
    assert out.only["dropped_keys"] == MASKED


def test_a_card_in_an_allowed_value_is_hidden(out: Lines) -> None:
    log.logger("payments").info(f"event {PAN}", reason=f"no {PAN}", seconds=1.23456789012345678)
    assert f"event {MASKED}" == out.only["event"]
    assert f"no {MASKED}" == out.only["reason"]
    assert out.only["seconds"] == 1.235


def test_a_long_value_is_cut_after_the_redactor_has_seen_it(out: Lines) -> None:
    log.logger("payments").info("step", reason="x" * (log.MAX_VALUE_CHARS - 13) + " " + PAN)
    assert PAN[:12] not in out.getvalue()
    assert len(out.only["reason"]) == log.MAX_VALUE_CHARS + 3


def test_a_number_split_over_two_events_is_hidden_in_the_second(out: Lines) -> None:
    log.logger("wire").info(PAN[:8])
    log.logger("wire").info(PAN[8:])
    assert out.lines[1]["event"] == "*" * 8


def test_an_exception_tells_type_text_and_places_but_no_locals(out: Lines) -> None:
    def fail() -> None:
        secret_local = PAN
        raise ValueError(f"cannot take {secret_local}") from KeyError("cause")

    try:
        fail()
    except ValueError:
        log.logger("payments").exception("payment failed")
    text = out.only["exception"]
    assert text.startswith(f"ValueError: cannot take {MASKED} [test_log.py:")
    assert "from KeyError: 'cause'" in text
    assert "secret_local" not in text


def test_an_exception_without_text_does_not_stop_the_log(out: Lines) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError(PAN)

    log.logger("payments").error("failed", exc_info=Mute())
    assert out.only["exception"] == "Mute: (no text)"


def test_third_party_loggers_go_the_same_way(out: Lines) -> None:
    other = logging.getLogger("library.part")
    other.warning("read %s", PAN)
    other.warning("read %s %s", PAN)
    other.info("%d", PAN)
    assert [f"read {MASKED}", "unfit log arguments"] == [line["event"] for line in out.lines[:2]]
    assert {"library.part"} == {line["part"] for line in out.lines}
    assert PAN not in out.getvalue()


def test_a_library_that_brings_its_own_handler_does_not_print_past_the_net(out: Lines) -> None:
    library, own = logging.getLogger("library"), io.StringIO()
    library.addHandler(logging.StreamHandler(own))
    library.propagate = False
    out.sink = log.configure("info", out)
    library.error(PAN)
    assert (own.getvalue(), out.only["event"]) == ("", MASKED)


def test_warnings_go_the_same_way(out: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(PAN, stacklevel=1)
    assert PAN not in out.getvalue()
    assert MASKED in out.getvalue()


def test_an_uncaught_exception_of_a_thread_goes_the_same_way(out: Lines) -> None:
    def fail() -> None:
        raise ValueError(PAN)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert f"ValueError: {MASKED}" in out.only["exception"]


def test_an_uncaught_exception_leaves_nothing_on_stderr() -> None:
    code = f"from agent.oplog import log; log.configure(); raise ValueError('{PAN}')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert f"ValueError: {MASKED}" in json.loads(ended.stdout)["exception"]


def test_what_is_below_the_level_is_not_written(out: Lines) -> None:
    out.sink = log.configure("warning", out)
    log.logger("payments").info("step")
    logging.getLogger("library").info("step")
    assert out.getvalue() == ""


def test_a_screen_gets_keys_and_values() -> None:
    class Screen(Lines):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    screen.sink = log.configure("info", screen)
    log.logger("payments").info("payment answered", amount=1010, reason="two\nlines")
    structlog.reset_defaults()
    assert (
        'level=info event="payment answered" part=payments amount=1010 reason="two lines"'
        in screen.getvalue()
    )
    assert screen.getvalue().count("\n") == 1
