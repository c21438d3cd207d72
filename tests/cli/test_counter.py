"""What the person at the counter sees while a payment takes its time."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

import pytest

from agent.api.v1.bodies import PaymentView
from agent.cli import main
from agent.cli.ui.client import ApiClient
from agent.cli.ui.exits import Exit
from agent.cli.ui.follow import PaymentFollower
from agent.cli.ui.screen import Screen
from agent.journal.schema.entry import Decided, Reason
from agent.texts import say

if TYPE_CHECKING:
    from tests.conftest import ServedApi

ENDED_S: Final = 60.0


def until_heard(api: ServedApi, word: str) -> None:
    while word not in api.service.heard:
        time.sleep(0.005)


@pytest.mark.parametrize(("verdict", "code"), [("approved", Exit.OK), ("declined", Exit.NO)])
def test_an_unclear_payment_is_followed_on_the_same_line_until_it_is_resolved(
    api: ServedApi, capsys: pytest.CaptureFixture[str], verdict: str, code: Exit
) -> None:
    def resolve() -> None:
        until_heard(api, "events")
        api.soon(lambda: api.service.scenes["A-1"].end(verdict))

    resolving = threading.Thread(target=resolve)
    resolving.start()
    assert main(["pay", "15.01", "--payment-id", "A-1", "--socket", str(api.path)]) == code
    resolving.join()
    told = capsys.readouterr().out
    assert "UNCLEAR" in told
    assert verdict.upper() in told.split(say("cli.resolved_now", payment_id="A-1"))[-1]


def counter(api: ServedApi) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "agent",
        "pay",
        "16.00",
        "--payment-id",
        "A-1",
        "--socket",
        str(api.path),
    ]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_question_that_is_over_disappears_and_nobody_has_to_type(api: ServedApi) -> None:
    process = counter(api)
    assert process.stdout is not None
    shown = ""
    while "Go on?" not in shown:
        shown += process.stdout.read(1)
    api.soon(lambda: api.service.scenes["A-1"].end("cancelled"))
    rest = process.stdout.read()
    assert process.wait(ENDED_S) == Exit.NO
    assert say("cli.question_over", payment_id="A-1") in " ".join(rest.split())
    assert not [heard for heard in api.service.heard if heard.startswith("answer")]
    process.communicate()


def test_what_was_typed_before_the_question_is_no_answer_to_it(api: ServedApi) -> None:
    process = counter(api)
    told, _ = process.communicate("yes\nyes\n", ENDED_S)
    assert process.returncode == Exit.NO
    assert "answer no" in api.service.heard
    assert say("cli.nobody") in " ".join(told.split())


def test_a_silent_terminal_shows_seconds_from_the_third_on() -> None:
    told = io.StringIO()
    follower = PaymentFollower(ApiClient(None), Screen(told), "A-1")  # type: ignore[arg-type]  # nothing is sent
    follower.view = PaymentView(payment_id="A-1", payment="sale", terminal="front", till="1", phase="running")
    for _ in range(2):
        follower._nothing_came()
    assert told.getvalue() == ""
    follower._nothing_came()
    assert say("cli.waiting", payment_id="A-1", seconds=3) in told.getvalue()


def test_a_question_names_every_reason_that_asks_and_none_that_was_only_noted() -> None:
    reasons = [
        Reason(rule="hours", action="confirm", code="closed", figures={}),
        Reason(rule="soft", action="supervisor", code="soft", figures={}),
        Reason(rule="day", action="note", code="day", figures={}),
    ]
    decided = Decided(payment_id="A-1", action="supervisor", reasons=reasons)
    assert [reason.rule for reason in decided.decisive] == ["soft", "hours"]
