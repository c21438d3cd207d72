"""Every verdict on every face under every way its output can fail: only true words, and the true code.

The cells are made from the tables of verdicts and kinds. A verdict, a kind, a face or a failure that is
new has its cells here at once, or fails for want of an expectation.
"""

from __future__ import annotations

import errno
import io
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, get_args

import pytest

from agent.api.v1 import handlers
from agent.api.v1.bodies import Verdict
from agent.cli import main
from agent.cli.ui import verdict as words
from agent.cli.ui.exits import Exit
from agent.journal.schema.kinds import KINDS, PaymentKind
from agent.payments.commands import PaymentCommand
from agent.payments.state import Fact, PaymentState
from tests.conftest import Scene

if TYPE_CHECKING:
    from tests.conftest import ServedApi

# What is known of a payment: the fields beside its verdict, and the code with which a command leaves.
OUTCOMES: Final[dict[str, tuple[dict[str, Any], Exit]]] = {
    "approved": ({"release": "released"}, Exit.OK),
    "approved in training": ({"release": "released", "training": True}, Exit.OK),
    "approved, held": ({"release": "held"}, Exit.HELD),
    "approved, withheld": ({"release": "withheld"}, Exit.HELD),
    "approved, other": (
        {"release": "released", "terminal_amount": 0, "differs": ["amount"]},
        Exit.OTHER_AMOUNT,
    ),
    "approved, reversed": ({"release": "released", "reversed_by": "R-1"}, Exit.OTHER_AMOUNT),
    "approved, refunded": ({"release": "released", "refunded": 50, "left": 1200}, Exit.OTHER_AMOUNT),
    "declined": ({}, Exit.NO),
    "cancelled": ({}, Exit.NO),
    "refused": ({}, Exit.NO),
    "not_sent": ({}, Exit.NOT_SENT),
    "unclear": ({}, Exit.UNCLEAR),
}
FACES: Final = ("exit code", "screen", "json", "http", "event")


class Broken(io.StringIO):
    """A stream that takes so many characters and then fails."""

    def __init__(self, error: Exception, room: int = 0) -> None:
        super().__init__()
        self._error, self._room = error, room

    def write(self, text: str) -> int:
        self._room -= len(text)
        if self._room < 0:
            raise self._error
        return super().write(text)


def strict() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict", write_through=True)


FAILURES: Final[dict[str, Callable[[], Any]]] = {
    "none": io.StringIO,
    "closed": lambda: Broken(ValueError("I/O operation on closed file")),
    "full": lambda: Broken(OSError(errno.ENOSPC, "full"), 30),
    "wrong locale": strict,
    "reader gone": lambda: Broken(BrokenPipeError(errno.EPIPE, "gone"), 60),
    "exception in a view": io.StringIO,
}


def state(outcome: str, kind: PaymentKind) -> PaymentState:
    row = KINDS[kind]
    amount = {"amount": 1250, "currency": "EUR"} if row.has_amount else {}
    verdict = outcome.partition(",")[0].partition(" in ")[0]
    step = Fact(f"next.{row.next_steps}.{verdict}")
    told = {"words": "Gr\u00f6\u00dfe \u738b", "phase": "done", "next_step": step}
    fields = {**amount, **told, **OUTCOMES[outcome][0], "verdict": verdict}
    if not row.has_amount:
        fields = {key: value for key, value in fields.items() if key not in {"terminal_amount", "refunded"}}
    return PaymentState(payment_id="A-1", payment=kind, terminal="front", till="1", **fields)


def shown(stream: Any) -> str:
    if isinstance(stream, io.TextIOWrapper):
        raw = stream.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode("ascii")
    return str(stream.getvalue())


def check_words(told: str, known: PaymentState) -> None:
    """Whatever part of it was shown: nothing false about this payment."""
    flat = " ".join(told.split()).lower()
    if known.verdict != "approved":
        assert "approved" not in flat
        assert "has paid" not in flat
        assert "hand over the goods" not in flat
    elif not known.training:
        assert "no money has moved" not in flat
        assert "nothing was charged" not in flat
    if known.training:
        assert "has paid" not in flat
        assert "hand over the goods" not in flat
    if known.verdict == "unclear":
        assert "no money" not in flat


def by_command(api: ServedApi, known: PaymentState, failure: str, options: list[str]) -> tuple[int, Any]:
    stream = FAILURES[failure]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        patch.setattr(sys, "stderr", stream if not options else io.StringIO())
        if failure == "exception in a view":
            patch.setattr(words, "_facts", lambda _: 1 / 0)
        code = main(["last", "--payment-id", known.payment_id, *options, "--socket", str(api.path)])
    return code, stream


def exit_code(api: ServedApi, known: PaymentState, failure: str, code: Exit) -> None:
    for options in ([], ["--json"]):
        assert by_command(api, known, failure, options)[0] == code


def screen(api: ServedApi, known: PaymentState, failure: str, _code: Exit) -> None:
    told = shown(by_command(api, known, failure, [])[1])
    check_words(told, known)
    if failure in {"none", "wrong locale", "exception in a view"}:
        assert str(known.verdict).replace("_", " ").upper() in told
        assert "A-1" in told


def as_json(api: ServedApi, known: PaymentState, failure: str, _code: Exit) -> None:
    told = shown(by_command(api, known, failure, ["--json"])[1])
    if failure in {"none", "wrong locale", "exception in a view"}:
        assert json.loads(told)["verdict"] == known.verdict
        assert json.loads(told)["training"] == known.training


def over_http(api: ServedApi, known: PaymentState, failure: str, _code: Exit) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if failure in {"closed", "full", "reader gone"}:  # a client that never reads what it asked for
            with api.connect() as client:
                client.sendall(b"GET /v1/payments/A-1 HTTP/1.1\r\nhost: localhost\r\n\r\n")
        if failure == "exception in a view":
            patch.setattr(handlers, "payment_view", lambda _: 1 / 0)
        reply = api.ask("GET", "/v1/payments/A-1", accept_charset="gbk")
    told = reply.json
    if failure == "exception in a view":
        assert reply.status == 500
        check_words(f"{told['money']} {told['next_step']}", known)
        told = told["payment"]
    assert told["verdict"] == known.verdict
    check_words(f"{told['text']} {told['next_step']}", known)


def as_event(api: ServedApi, known: PaymentState, failure: str, _code: Exit) -> None:
    if failure in {"closed", "full", "reader gone"}:
        with api.connect() as client:
            client.sendall(b"GET /v1/payments/A-1/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
    reply = api.ask("GET", "/v1/payments/A-1/events")
    (event,) = [line[6:] for line in reply.content.splitlines() if line.startswith(b"data: ")][-1:]
    told = json.loads(event)["payment"]
    assert told["verdict"] == known.verdict
    check_words(f"{told['text']} {told['next_step']}", known)


CHECKS: Final = dict(zip(FACES, (exit_code, screen, as_json, over_http, as_event), strict=True))


def test_every_verdict_has_a_cell_and_there_are_enough() -> None:
    assert {outcome.partition(",")[0].partition(" in ")[0] for outcome in OUTCOMES} == set(get_args(Verdict))
    assert len(OUTCOMES) * len(KINDS) * len(FACES) * len(FAILURES) >= 200


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("failure", FAILURES)
def test_only_true_words_and_the_true_code(api: ServedApi, face: str, failure: str) -> None:
    for kind in get_args(PaymentKind):
        for outcome, (_, code) in OUTCOMES.items():
            known = state(outcome, kind)
            scene = Scene(PaymentCommand(payment_id="A-1", payment=kind), known)
            scene.show("verdict")
            api.service.scenes["A-1"] = scene
            wanted = code
            if (
                code is Exit.OTHER_AMOUNT
                and known.amount is None
                and not (known.differs or known.reversed_by)
            ):
                wanted = Exit.OK  # a kind without an amount has none to give back in part
            CHECKS[face](api, known, failure, wanted)
